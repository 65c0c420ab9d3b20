"""What a fit minimises: a sum of terms over one parameter vector, each of one kind, whole in one file."""
