"""`spa viewer`: SPA in the browser, with nothing installed but this package and its extra."""

from __future__ import annotations

import secrets
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from SPASegmentLib.commands.interruption import interruption_at_the_end
from SPASegmentLib.commands.plain import say
from SPASegmentLib.errors import DependencyError, InputError, WeightsError
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.packages import install_extra

if TYPE_CHECKING:
    from SPASegmentLib.viewer.app import ViewerApp

#: Everything that `pip install "spa-segment[viewer]"` adds.
_NEEDED = ("trame_slicer", "aiohttp", "PIL")


def run_viewer(
    volume: Optional[Path] = None,
    host: str = "127.0.0.1",
    port: int = 8080,
    token: Optional[str] = None,
    weights: Optional[Path] = None,
    profile: Optional[Path] = None,
    open_browser: bool = True,
    max_upload_mib: int = 1024,
    runtime: str = "auto",
    study: Optional[Path] = None,
    component: Optional[int] = None,
) -> None:
    """Serve the page until it is interrupted; one user at a time.

    Args:
        volume: to open at the start; None for an empty page.
        host: address to listen on. Another one than this computer's own is protected by a token.
        port: 0 for any that is free.
        token: None makes one up where it is needed.
        weights: instead of the bundled ones.
        profile: preference to begin with.
        open_browser: whether to open the page here.
        max_upload_mib: largest upload.
        runtime: see `model.use`.
        study: file of a study with people, instead of a volume and a profile.
        component: number (from 1) of the volume to open where the file has several.

    Raises:
        InputError: the volume, the profile, the study or the address cannot be used, or the extra is not installed.
        DependencyError, WeightsError: the weights given cannot be used.
    """
    if any(find_spec(name) is None for name in _NEEDED):
        raise InputError(f"The viewer needs more packages; install them with: {install_extra('viewer')}")
    from SPASegmentLib.interaction.profile import Profile
    from SPASegmentLib.viewer.guard import is_local

    if not host.strip():
        raise InputError("--host is empty; give an address, such as 127.0.0.1 for this computer alone.")
    if token is not None and not token.strip():
        raise InputError("--token is empty; give one of some letters, or leave it out.")
    if volume is not None and not volume.expanduser().exists():
        raise InputError(f"'{volume}' does not exist; check the path.")
    if study is not None and (volume is not None or profile is not None):
        raise InputError("A study says which images are opened, and begins without a profile; give --study alone.")
    if component is not None and volume is None:
        raise InputError("--component says which volume of a file is opened; give the file, too.")
    known = None if profile is None else Profile.load(profile)
    network = _network(weights, runtime)
    if token is None and not is_local(host):
        token = secrets.token_urlsafe(16)
    # trame reads the program's arguments as well and would take ours for its own.
    sys.argv = sys.argv[:1]
    from SPASegmentLib.viewer.app import ViewerApp

    if study is None:
        app = ViewerApp(network, profile=known, token=token, max_upload=max_upload_mib << 20)
    else:
        app = _study_app(study, network, token)
    try:
        if volume is not None:
            app.open_file(str(volume), component=component)
        app.run(host, port, open_browser)
    finally:
        app.close()


def _study_app(file: Path, network: Optional[Network], token: Optional[str]) -> ViewerApp:
    """The page of a study, once everything that it needs is known to be there."""
    from SPASegmentLib.viewer.study import read_study
    from SPASegmentLib.viewer.study_app import StudyApp, check_references

    study = read_study(file)
    if network is None:
        raise InputError("A study needs the network, and it cannot be used here; see the line above.")
    check_references(study)
    app = StudyApp(study, network, token)
    if app.note:
        say(app.note)
    return app


def _network(weights: Optional[Path], runtime: str) -> Optional[Network]:
    """The network; without the bundled weights, or without what runs them, none, and a word about it."""
    try:
        with interruption_at_the_end():
            from SPASegmentLib.model import use

            return use.load(weights, runtime=runtime).network
    except (DependencyError, WeightsError) as error:
        if weights is not None:
            raise
        say(f"{error}\nWithout a network, sessions start from what a segment holds.")
        return None
