"""A writer per format; each turns a document into the contents of a file."""
