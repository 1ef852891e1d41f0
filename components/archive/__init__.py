"""The parts of the page Archive: filters, answers, the list of hits, activity, reviews, exports."""
