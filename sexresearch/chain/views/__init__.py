"""Does the chain hold: views of the effect chain as models, made of an instrument and set against each other."""
