"""Long work: jobs in the background, and the fair queue they wait in."""
