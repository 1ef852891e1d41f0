"""How fast Earmark is, measured side by side with others in one run."""
