"""What keys are called on the keyboard in front of the user."""

import sys

#: The key that VTK and Qt call Ctrl.
CTRL = "Cmd" if sys.platform == "darwin" else "Ctrl"
