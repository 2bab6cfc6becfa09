"""The browser front end: the controller of `SPASegmentLib.mrml` behind a local page, on trame-slicer."""
