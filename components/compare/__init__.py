"""Parts of the page "Compare": two models' results for one clip."""
