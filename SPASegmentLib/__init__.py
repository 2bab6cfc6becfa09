"""SPA: segmentation preference alignment, the method as a library.

Layers, each importing only from those below it:

* ``mrml``: frames cut from volumes, preview segments, writing back (VTK and MRML, no Qt)
* ``interaction``: the session, candidates and the user's preference (NumPy and torch)
* ``model``: networks, the Gaussian mixture, weights files (torch)

Importing the package loads none of them, so that a Slicer module can be registered without torch.
"""

__version__ = "0.1.0"
