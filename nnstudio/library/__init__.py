"""NN Studio as a library: a network for data of a program, in a few lines and without the app."""
