"""The pictures that commands and notebooks draw: routines, contact sheets, hue wheels."""
