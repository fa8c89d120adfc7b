"""Pictures of any size: read in bands of rows, changed tile by tile, written as tiled TIFF."""
