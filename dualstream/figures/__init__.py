"""The figures that commands and notebooks draw: routines, contact sheets, hue wheels."""
