"""Parts of the page "Teach": examples, training, results and exported models."""
