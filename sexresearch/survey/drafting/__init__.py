"""Drafts of questionnaires: what the columns of a file most likely are, to be confirmed by a person."""
