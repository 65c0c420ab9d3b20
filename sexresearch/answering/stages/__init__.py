"""The stages of an answer, one for each question; each may fail alone."""
