"""What shows: from events to the page."""
