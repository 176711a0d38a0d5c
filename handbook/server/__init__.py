"""The only place that knows FastAPI: accounts, submissions, reviews and published content."""
