"""What the commands of ``spa`` do; ``SPASegmentLib.cli`` only reads their arguments."""
