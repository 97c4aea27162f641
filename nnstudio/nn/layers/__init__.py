"""The layers, one file each: settings, shape rule, and the two formulas one under the other."""
