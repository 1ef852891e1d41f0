"""Frontend code: bundling of JavaScript modules, and modules shared by components."""
