"""What runs in the browser: bundles of modules, and what the modules of components share."""
