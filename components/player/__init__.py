"""Player component: audio, picture and scores of a clip on one time axis."""
