"""Background jobs and their fair queue."""
