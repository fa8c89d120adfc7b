"""What a run leaves for people: scores, plots and a page."""
