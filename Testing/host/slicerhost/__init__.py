"""A small stand-in for 3D Slicer's Qt host: PySide6 over slicer-core, for tests and screenshots only.

What is real: MRML, the segment editor logic, the slice logic and the rendered slice views. What stands in: PythonQt
(`qt`), `ctk`, `slicer.app`, the editor widget and the base classes of effects and modules. It is stricter than
Slicer: unknown signals, unknown attributes, keyword arguments of constructors and exceptions in slots are errors.
"""
