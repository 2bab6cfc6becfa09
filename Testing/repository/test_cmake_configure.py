"""CMake can configure the extension: with stand-ins for Slicer's macros, which check that all files are there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

CONFIG = """
set(Slicer_USE_FILE ${CMAKE_CURRENT_LIST_DIR}/use.cmake)
set(Slicer_EXTENSION_GENERATE_CONFIG ${CMAKE_CURRENT_LIST_DIR}/end.cmake)
set(Slicer_EXTENSION_CPACK ${CMAKE_CURRENT_LIST_DIR}/end.cmake)
set(Slicer_QTSCRIPTEDMODULES_LIB_DIR lib/qt-scripted-modules)
set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR lib/qt-scripted-modules)
"""

USE = """
function(check what unknown)
  if(unknown)
    message(FATAL_ERROR "${what} does not know ${unknown}")
  endif()
  foreach(file IN LISTS ARGN)
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
      message(FATAL_ERROR "${what} misses ${file}")
    endif()
  endforeach()
  message(STATUS "built ${what}")
endfunction()
macro(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(M "WITH_GENERIC_TESTS;WITH_SUBDIR" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  check("${M_NAME}" "${M_UNPARSED_ARGUMENTS}" ${M_SCRIPTS} ${M_RESOURCES})
endmacro()
macro(ctkMacroCompilePythonScript)
  cmake_parse_arguments(
    M "NO_INSTALL_SUBDIR;GLOBAL_TARGET" "TARGET_NAME;SOURCE_DIR;DESTINATION_DIR;INSTALL_DIR" "SCRIPTS;RESOURCES"
    ${ARGN})
  check("${M_TARGET_NAME}" "${M_UNPARSED_ARGUMENTS}" ${M_SCRIPTS} ${M_RESOURCES})
endmacro()
function(slicer_add_python_unittest)
  cmake_parse_arguments(M "" "SCRIPT" "SLICER_ARGS" ${ARGN})
  check("test ${M_SCRIPT}" "${M_UNPARSED_ARGUMENTS}" ${M_SCRIPT})
endfunction()
"""


#: An application that brings extensions along adds their folders to its own.
APPLICATION = """
cmake_minimum_required(VERSION 3.16)
project(Application)
add_subdirectory({root} extension)
"""


@pytest.mark.skipif(shutil.which("cmake") is None, reason="CMake is not installed")
@pytest.mark.parametrize("bundled_into_an_application", [False, True])
def test_configure(tmp_path: Path, bundled_into_an_application: bool) -> None:
    slicer = tmp_path / "slicer"
    slicer.mkdir()
    for name, text in (("SlicerConfig.cmake", CONFIG), ("use.cmake", USE), ("end.cmake", "")):
        (slicer / name).write_text(text)
    source = ROOT
    if bundled_into_an_application:
        source = tmp_path / "application"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(APPLICATION.format(root=ROOT.as_posix()))
    options = [f"-DSlicer_DIR={slicer}", "-DBUILD_TESTING=ON"]
    command = ["cmake", "-S", str(source), "-B", str(tmp_path / "build"), *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if "No CMAKE_C" in done.stderr:
        pytest.skip("there is no compiler")
    assert done.returncode == 0, done.stderr
    for built in ("SPASegmentLib", "SPASegment", "test SPASegment.py"):
        assert f"built {built}\n" in done.stdout
    models = tmp_path / "build" / "lib" / "qt-scripted-modules" / "SPASegmentLib" / "_models"
    bundled = ROOT / "Resources" / "Models"
    assert {f.name for f in models.iterdir()} == {f.name for f in bundled.iterdir()}
    assert all(f.read_bytes() == (bundled / f.name).read_bytes() for f in models.iterdir())
