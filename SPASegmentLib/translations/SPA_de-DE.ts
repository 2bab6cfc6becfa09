<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en">
<context>
    <name>SPASegment</name>
    <message>
        <source>SPA</source>
        <translation>SPA</translation>
    </message>
    <message>
        <source>Implements SPA: Efficient User-Preference Alignment against Uncertainty in Medical Image Segmentation (J. Zhu, J. Wu, C. Ouyang, K. Kamnitsas, J. A. Noble, ICCV 2025).</source>
        <translation>Setzt um: SPA: Efficient User-Preference Alignment against Uncertainty in Medical Image Segmentation (J. Zhu, J. Wu, C. Ouyang, K. Kamnitsas, J. A. Noble, ICCV 2025).</translation>
    </message>
    <message>
        <source>Segmentation by choices: one click on a slice gives five masks, and picking one of them teaches the model what you prefer. The effect &lt;b&gt;SPA&lt;/b&gt; is in the module &lt;b&gt;Segment Editor&lt;/b&gt;; see the &lt;a href=&quot;{url}&quot;&gt;documentation&lt;/a&gt;.</source>
        <translation>Segmentieren durch Auswählen: Ein Klick auf eine Schicht ergibt fünf Masken; wählen Sie eine davon, so lernt das Modell, was Sie bevorzugen. Der Effekt &lt;b&gt;SPA&lt;/b&gt; ist im Modul &lt;b&gt;Segment Editor&lt;/b&gt;; siehe die &lt;a href=&quot;{url}&quot;&gt;Dokumentation&lt;/a&gt;.</translation>
    </message>
</context>
<context>
    <name>SPASegmentLib.lattice</name>
    <message>
        <source>right</source>
        <translation>rechts</translation>
    </message>
    <message>
        <source>left</source>
        <translation>links</translation>
    </message>
    <message>
        <source>anterior</source>
        <translation>anterior</translation>
    </message>
    <message>
        <source>posterior</source>
        <translation>posterior</translation>
    </message>
    <message>
        <source>superior</source>
        <translation>superior</translation>
    </message>
    <message>
        <source>inferior</source>
        <translation>inferior</translation>
    </message>
    <message>
        <source>{one} voxels, not {other}</source>
        <translation>{one} Voxel, nicht {other}</translation>
    </message>
    <message>
        <source>voxels of {one} mm, not {other}</source>
        <translation>Voxel von {one} mm, nicht {other}</translation>
    </message>
    <message>
        <source>the first voxel lies {distance} mm away</source>
        <translation>das erste Voxel liegt {distance} mm entfernt</translation>
    </message>
    <message>
        <source>voxels lie up to {distance} mm apart</source>
        <translation>Voxel liegen bis zu {distance} mm auseinander</translation>
    </message>
    <message>
        <source>axes that run to {one}, not {other}</source>
        <translation>Achsen, die nach {one} verlaufen, nicht nach {other}</translation>
    </message>
    <message>
        <source>axes turned by up to {angle} degrees</source>
        <translation>Achsen, die um bis zu {angle} Grad gedreht sind</translation>
    </message>
</context>
<context>
    <name>SPASegmentLib.output</name>
    <message>
        <source>{target} is a folder; give the name of a file.</source>
        <translation>{target} ist ein Ordner; geben Sie den Namen einer Datei an.</translation>
    </message>
    <message>
        <source>{target} cannot be written ({reason}); choose another place or make room there.</source>
        <translation>{target} lässt sich nicht schreiben ({reason}); wählen Sie einen anderen Ort, oder schaffen Sie dort Platz.</translation>
    </message>
    <message>
        <source>{target} is in use by another program; close it there, then try again.</source>
        <translation>{target} wird von einem anderen Programm verwendet; schließen Sie die Datei dort, und versuchen Sie es noch einmal.</translation>
    </message>
</context>
<context>
    <name>SPASegmentLib.pytorch</name>
    <message>
        <source>PyTorch is installed but cannot be imported ({reason}); install it again, in a build for this computer.</source>
        <translation>PyTorch ist installiert, lässt sich aber nicht importieren ({reason}); installieren Sie es noch einmal, in einer Ausführung für diesen Rechner.</translation>
    </message>
    <message>
        <source>PyTorch is not installed; install it, as pytorch.org says.</source>
        <translation>PyTorch ist nicht installiert; installieren Sie es, wie pytorch.org es beschreibt.</translation>
    </message>
    <message>
        <source>PyTorch {torch} does not work with NumPy {numpy} ({reason}); install a newer PyTorch, or an older NumPy.</source>
        <translation>PyTorch {torch} arbeitet nicht mit NumPy {numpy} zusammen ({reason}); installieren Sie ein neueres PyTorch oder ein älteres NumPy.</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.BusySign</name>
    <message>
        <source>SPA is computing...</source>
        <translation>SPA rechnet …</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.Dependencies</name>
    <message>
        <source>These Python packages are missing: {names}. PyTorch is not needed.</source>
        <translation>Diese Python-Pakete fehlen: {names}. PyTorch wird nicht gebraucht.</translation>
    </message>
    <message>
        <source>Nothing was installed; click again when you want to install what SPA needs.</source>
        <translation>Nichts wurde installiert; klicken Sie noch einmal, wenn Sie installieren möchten, was SPA braucht.</translation>
    </message>
    <message>
        <source>PyTorch is not installed while tests run.</source>
        <translation>Während Tests laufen, wird PyTorch nicht installiert.</translation>
    </message>
    <message>
        <source>PyTorch was not installed; SPA goes on without it.</source>
        <translation>PyTorch wurde nicht installiert; SPA arbeitet ohne es weiter.</translation>
    </message>
    <message>
        <source>SPA needs these Python packages: {names}.

They are downloaded once from the Python Package Index (PyPI), at most {size} MB, and installed into Slicer. Nothing of your data is sent. Install them now?</source>
        <translation>SPA braucht diese Python-Pakete: {names}.

Sie werden einmal vom Python Package Index (PyPI) geladen, höchstens {size} MB, und in Slicer installiert. Von Ihren Daten wird nichts gesendet. Jetzt installieren?</translation>
    </message>
    <message>
        <source>Install these Python packages from the wheels in {folder}: {names}?

Nothing is downloaded. They are installed into Slicer.</source>
        <translation>Diese Python-Pakete aus den Wheels in {folder} installieren: {names}?

Es wird nichts heruntergeladen. Sie werden in Slicer installiert.</translation>
    </message>
    <message>
        <source>Install ONNX Runtime again?

It is downloaded from the Python Package Index (PyPI), at most {size} MB, and replaces what is there. Nothing of your data is sent.</source>
        <translation>ONNX Runtime noch einmal installieren?

Es wird vom Python Package Index (PyPI) geladen, höchstens {size} MB, und ersetzt, was da ist. Von Ihren Daten wird nichts gesendet.</translation>
    </message>
    <message>
        <source>First install the extension PyTorch with the Extensions Manager, and restart Slicer.</source>
        <translation>Installieren Sie zuerst die Erweiterung PyTorch mit dem Extensions Manager, und starten Sie Slicer neu.</translation>
    </message>
    <message>
        <source>The installation of PyTorch failed, and the Python console says why; SPA goes on without it.</source>
        <translation>Die Installation von PyTorch ist fehlgeschlagen, die Python-Konsole sagt warum; SPA arbeitet ohne es weiter.</translation>
    </message>
    <message>
        <source>There is no wheel (.whl) in {folder}; the page on offline use says which are needed.</source>
        <translation>In {folder} ist kein Wheel (.whl); die Seite zum Betrieb ohne Netz sagt, welche gebraucht werden.</translation>
    </message>
    <message>
        <source>Restart Slicer to finish the installation of {names}.</source>
        <translation>Starten Sie Slicer neu, um die Installation von {names} abzuschließen.</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.DesktopEditor</name>
    <message>
        <source>Another segment has been selected; select the segment that the masks belong to.</source>
        <translation>Ein anderes Segment wurde gewählt; wählen Sie das Segment, zu dem die Masken gehören.</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.DesktopView</name>
    <message>
        <source>SPA met an unexpected error; its details are in the Python console.</source>
        <translation>In SPA ist ein unerwarteter Fehler aufgetreten; Einzelheiten stehen in der Python-Konsole.</translation>
    </message>
    <message>
        <source>SPA</source>
        <translation>SPA</translation>
    </message>
    <message>
        <source>Model: {model}</source>
        <translation>Modell: {model}</translation>
    </message>
    <message>
        <source>Slices accepted: {count}</source>
        <translation>Übernommene Schichten: {count}</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.Download</name>
    <message>
        <source>The address of weights begins with https://.</source>
        <translation>Die Adresse von Gewichten beginnt mit https://.</translation>
    </message>
    <message>
        <source>The address must end with the name of a weights file (.safetensors).</source>
        <translation>Die Adresse muss mit dem Namen einer Gewichtsdatei enden (.safetensors).</translation>
    </message>
    <message>
        <source>A SHA-256 checksum has 64 hexadecimal digits; copy it from the weights&apos; page.</source>
        <translation>Eine SHA-256-Prüfsumme hat 64 Hexadezimalziffern; kopieren Sie sie von der Seite der Gewichte.</translation>
    </message>
    <message>
        <source>{host} cannot be reached; check the connection, or use a local file.</source>
        <translation>{host} ist nicht zu erreichen; prüfen Sie die Verbindung, oder verwenden Sie eine lokale Datei.</translation>
    </message>
    <message>
        <source>The certificate of {host} is not trusted here ({reason}); have it made known to this computer (set SSL_CERT_FILE to the file of your institution&apos;s authority), or use a local file.</source>
        <translation>Dem Zertifikat von {host} wird hier nicht vertraut ({reason}); machen Sie es diesem Rechner bekannt (SSL_CERT_FILE auf die Datei der Zertifizierungsstelle Ihres Hauses setzen), oder verwenden Sie eine lokale Datei.</translation>
    </message>
    <message>
        <source>{host} gives no secure connection ({reason}); check the address, or use a local file.</source>
        <translation>{host} bietet keine sichere Verbindung ({reason}); prüfen Sie die Adresse, oder verwenden Sie eine lokale Datei.</translation>
    </message>
    <message>
        <source>The connection ended before {name} was complete; try again.</source>
        <translation>Die Verbindung brach ab, bevor {name} vollständig war; versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>{name} has not the checksum that you gave (SHA-256 {found}...); nothing was kept.</source>
        <translation>{name} hat nicht die angegebene Prüfsumme (SHA-256 {found}...); nichts wurde behalten.</translation>
    </message>
    <message>
        <source>A graph of {name} has not the checksum on its card.</source>
        <translation>Ein Graph von {name} hat nicht die Prüfsumme auf seiner Karte.</translation>
    </message>
    <message>
        <source>{host} has no {name} (answer {code}); check the address.</source>
        <translation>{host} hat kein {name} (Antwort {code}); prüfen Sie die Adresse.</translation>
    </message>
    <message>
        <source>{name} is too large for a model card.</source>
        <translation>{name} ist zu groß für eine Modellkarte.</translation>
    </message>
    <message>
        <source>{name} cannot be deleted; close what uses it.</source>
        <translation>{name} lässt sich nicht löschen; schließen Sie, was es verwendet.</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.Installation</name>
    <message>
        <source>The installation failed; see the Python console, or install from a folder (module SPA, Runtime).</source>
        <translation>Die Installation ist fehlgeschlagen; siehe Python-Konsole, oder aus einem Ordner installieren (Modul SPA, Laufzeit).</translation>
    </message>
    <message>
        <source>{folder} has no wheels for Python {python} on this computer; the page on offline use says which are needed.</source>
        <translation>{folder} enthält keine Wheels für Python {python} auf diesem Rechner; die Seite zum Betrieb ohne Netz sagt, welche gebraucht werden.</translation>
    </message>
    <message>
        <source>The disk with Slicer&apos;s Python is full; make room there, then try again.</source>
        <translation>Der Datenträger mit Slicers Python ist voll; schaffen Sie dort Platz, und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>Slicer&apos;s folder is write-protected; install as somebody who may write there, or use a Slicer of your own.</source>
        <translation>Slicers Ordner ist schreibgeschützt; installieren Sie mit Schreibrecht, oder verwenden Sie ein eigenes Slicer.</translation>
    </message>
    <message>
        <source>Files of Slicer&apos;s Python are in use; close all Slicer windows, start one, and try again.</source>
        <translation>Dateien von Slicers Python sind in Gebrauch; schließen Sie alle Slicer, starten Sie eines, und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>A package arrived damaged; try again, or copy the wheels into the folder again.</source>
        <translation>Ein Paket kam beschädigt an; versuchen Sie es noch einmal, oder kopieren Sie die Wheels neu in den Ordner.</translation>
    </message>
    <message>
        <source>The proxy let nothing through; set HTTPS_PROXY, or install from a folder (module SPA, Runtime).</source>
        <translation>Der Proxy ließ nichts durch; setzen Sie HTTPS_PROXY, oder installieren Sie aus einem Ordner (Modul SPA, Laufzeit).</translation>
    </message>
    <message>
        <source>The network&apos;s certificate is not trusted; set PIP_CERT, or install from a folder (module SPA, Runtime).</source>
        <translation>Dem Zertifikat des Netzes wird nicht vertraut; setzen Sie PIP_CERT, oder installieren Sie aus einem Ordner (Modul SPA, Laufzeit).</translation>
    </message>
    <message>
        <source>The Python Package Index was not reached; reconnect, or install from a folder (module SPA, Runtime).</source>
        <translation>Der Python Package Index war nicht zu erreichen; neu verbinden, oder aus einem Ordner installieren (Modul SPA, Laufzeit).</translation>
    </message>
    <message>
        <source>The installation is still running; click again when it has ended.</source>
        <translation>Die Installation läuft noch; klicken Sie wieder, wenn sie zu Ende ist.</translation>
    </message>
    <message>
        <source>The paths in Slicer&apos;s folder are too long for Windows; install Slicer into a folder with a short path.</source>
        <translation>Die Pfade in Slicers Ordner sind für Windows zu lang; installieren Sie Slicer in einen Ordner mit kurzem Pfad.</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.Model</name>
    <message>
        <source>bundled weights</source>
        <translation>mitgelieferte Gewichte</translation>
    </message>
    <message>
        <source>{name} on the processor (CPU), since the graphics card failed; {runtime}, checksum {sha}</source>
        <translation>{name} auf dem Prozessor (CPU), da die Grafikkarte versagte; {runtime}, Prüfsumme {sha}</translation>
    </message>
    <message>
        <source>{name} on the graphics card (CUDA); {runtime}, checksum {sha}</source>
        <translation>{name} auf der Grafikkarte (CUDA); {runtime}, Prüfsumme {sha}</translation>
    </message>
    <message>
        <source>{name} on the processor (CPU); {runtime}, checksum {sha}</source>
        <translation>{name} auf dem Prozessor (CPU); {runtime}, Prüfsumme {sha}</translation>
    </message>
    <message>
        <source>{name}, loaded with the first click</source>
        <translation>{name}, geladen mit dem ersten Klick</translation>
    </message>
    <message>
        <source>{problem} The module SPA does that (section Runtime). Without it: Start from the segment.</source>
        <translation>{problem} Das Modul SPA erledigt das (Abschnitt Laufzeit). Ohne sie: Vom Segment ausgehen.</translation>
    </message>
    <message>
        <source>{problem} Until then ONNX Runtime runs the model; the module SPA has the choice (section Runtime).</source>
        <translation>{problem} Bis dahin rechnet ONNX Runtime; die Wahl steht im Modul SPA (Abschnitt Laufzeit).</translation>
    </message>
    <message>
        <source>{problem} The bundled weights are used here; the module SPA has the choice (section Model).</source>
        <translation>{problem} Hier rechnen die mitgelieferten Gewichte; die Wahl steht im Modul SPA (Abschnitt Modell).</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.ModelSection</name>
    <message>
        <source>Weights (*.safetensors)</source>
        <translation>Gewichte (*.safetensors)</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>graphics card if there is one</source>
        <translation>Grafikkarte, falls vorhanden</translation>
    </message>
    <message>
        <source>processor (CPU)</source>
        <translation>Prozessor (CPU)</translation>
    </message>
    <message>
        <source>graphics card (CUDA)</source>
        <translation>Grafikkarte (CUDA)</translation>
    </message>
    <message>
        <source>Use a local file...</source>
        <translation>Lokale Datei verwenden …</translation>
    </message>
    <message>
        <source>Download...</source>
        <translation>Herunterladen …</translation>
    </message>
    <message>
        <source>Use bundled</source>
        <translation>Mitgelieferte</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Delete...</source>
        <translation>Löschen …</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Weights:</source>
        <translation>Gewichte:</translation>
    </message>
    <message>
        <source>Compute on:</source>
        <translation>Rechnen auf:</translation>
    </message>
    <message>
        <source>Choose a weights file with its card beside it</source>
        <translation>Gewichtsdatei wählen, deren Karte daneben liegt</translation>
    </message>
    <message>
        <source>Download weights</source>
        <translation>Gewichte herunterladen</translation>
    </message>
    <message>
        <source>Address of the weights file (.safetensors):</source>
        <translation>Adresse der Gewichtsdatei (.safetensors):</translation>
    </message>
    <message>
        <source>SHA-256 checksum that the file must have:</source>
        <translation>SHA-256-Prüfsumme, die die Datei haben muss:</translation>
    </message>
    <message>
        <source>Loading...</source>
        <translation>Wird geladen …</translation>
    </message>
    <message>
        <source>Download {name} and its card from {host}?

The file is kept only if it has the checksum {sha}..., in the folder {folder}. Nothing of your data is sent.</source>
        <translation>{name} und seine Karte von {host} herunterladen?

Die Datei wird nur behalten, wenn sie die Prüfsumme {sha}... hat, im Ordner {folder}. Von Ihren Daten wird nichts gesendet.</translation>
    </message>
    <message>
        <source>The download was cancelled; nothing was kept.</source>
        <translation>Das Herunterladen wurde abgebrochen; nichts wurde behalten.</translation>
    </message>
    <message>
        <source>Delete the downloaded weights ({names}, {size:.1f} MB)?</source>
        <translation>Die heruntergeladenen Gewichte löschen ({names}, {size:.1f} MB)?</translation>
    </message>
    <message>
        <source>Deleted: {names}.</source>
        <translation>Gelöscht: {names}.</translation>
    </message>
    <message>
        <source>In use: {name} with {runtime}, SHA-256 {sha}</source>
        <translation>In Gebrauch: {name} mit {runtime}, SHA-256 {sha}</translation>
    </message>
    <message>
        <source>Downloading {name} from {host}...</source>
        <translation>{name} wird von {host} heruntergeladen …</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.ModulePanel</name>
    <message>
        <source>There is no image yet: load one, or the phantom below, then open Segment Editor.</source>
        <translation>Es ist noch kein Bild da: Laden Sie eines, oder unten das Phantom, und öffnen Sie dann den Segment Editor.</translation>
    </message>
    <message>
        <source>Open Segment Editor with SPA</source>
        <translation>Segment Editor mit SPA öffnen</translation>
    </message>
    <message>
        <source>Load an image to try it on (phantom)</source>
        <translation>Bild zum Ausprobieren laden (Phantom)</translation>
    </message>
    <message>
        <source>SPA is an effect of &lt;b&gt;Segment Editor&lt;/b&gt;: click on a structure in a slice view, and choose among five masks until one is what you want.</source>
        <translation>SPA ist ein Effekt des &lt;b&gt;Segment Editors&lt;/b&gt;: Klicken Sie in einer Schichtansicht auf eine Struktur, und wählen Sie unter fünf Masken, bis eine die richtige ist.</translation>
    </message>
    <message>
        <source>Slicer&apos;s own samples MRBrainTumor1 and CTChest (module Sample Data) are good to try, too.</source>
        <translation>Auch Slicers eigene Beispiele MRBrainTumor1 und CTChest (Modul Sample Data) eignen sich zum Ausprobieren.</translation>
    </message>
    <message>
        <source>&lt;a href=&quot;{url}&quot;&gt;Documentation&lt;/a&gt;. SPA is for research, not for clinical use.</source>
        <translation>&lt;a href=&quot;{url}&quot;&gt;Dokumentation&lt;/a&gt;. SPA ist für die Forschung, nicht für den klinischen Gebrauch.</translation>
    </message>
    <message>
        <source>Load a real image to try it on (brain MR)</source>
        <translation>Echtes Bild zum Ausprobieren laden (Gehirn)</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.OptionsPanel</name>
    <message>
        <source>SPA settings</source>
        <translation>SPA-Einstellungen</translation>
    </message>
    <message>
        <source>Show where the outline is uncertain</source>
        <translation>Zeigen, wo die Kontur unsicher ist</translation>
    </message>
    <message>
        <source>Accept</source>
        <translation>Übernehmen</translation>
    </message>
    <message>
        <source>Write the marked mask into the segment (Enter)</source>
        <translation>Die markierte Maske ins Segment schreiben (Enter)</translation>
    </message>
    <message>
        <source>Start from the segment</source>
        <translation>Vom Segment ausgehen</translation>
    </message>
    <message>
        <source>Vary what the segment holds on the slice, e.g. a threshold or another tool&apos;s result</source>
        <translation>Variieren, was das Segment auf der Schicht enthält, etwa einen Schwellenwert oder das Ergebnis eines anderen Werkzeugs</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Take the last answer back (Backspace, or undo)</source>
        <translation>Die letzte Antwort zurücknehmen (Rücktaste oder Rückgängig)</translation>
    </message>
    <message>
        <source>Next slice</source>
        <translation>Nächste Schicht</translation>
    </message>
    <message>
        <source>Start there with the mask accepted last (Page Up)</source>
        <translation>Dort mit der zuletzt übernommenen Maske beginnen (Bild auf)</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Drop the masks; the segment stays as it is (Esc)</source>
        <translation>Die Masken verwerfen; das Segment bleibt, wie es ist (Esc)</translation>
    </message>
    <message>
        <source>Start over</source>
        <translation>Neu beginnen</translation>
    </message>
    <message>
        <source>Forget all answers on this slice</source>
        <translation>Alle Antworten auf dieser Schicht vergessen</translation>
    </message>
    <message>
        <source>Previous slice</source>
        <translation>Vorige Schicht</translation>
    </message>
    <message>
        <source>Start there with the mask accepted last (Page Down)</source>
        <translation>Dort mit der zuletzt übernommenen Maske beginnen (Bild ab)</translation>
    </message>
    <message>
        <source>Whose preference SPA learns and uses; nothing of an image is kept in it</source>
        <translation>Wessen Vorlieben SPA lernt und verwendet; vom Bild wird darin nichts aufbewahrt</translation>
    </message>
    <message>
        <source>Profile:</source>
        <translation>Profil:</translation>
    </message>
    <message>
        <source>Pictures in the slice view</source>
        <translation>Bilder in der Schichtansicht</translation>
    </message>
    <message>
        <source>Replace what the segment holds on the slice</source>
        <translation>Ersetzen, was das Segment auf der Schicht enthält</translation>
    </message>
    <message>
        <source>Keep a copy of the profile in the scene</source>
        <translation>Eine Kopie des Profils in der Szene aufbewahren</translation>
    </message>
    <message>
        <source>It is saved with the scene, and can be taken from it on another computer</source>
        <translation>Sie wird mit der Szene gespeichert und kann auf einem anderen Rechner daraus übernommen werden</translation>
    </message>
    <message>
        <source>Clicks say what does not belong (or {key}+click)</source>
        <translation>Klicks sagen, was nicht dazugehört (oder {key}+Klick)</translation>
    </message>
    <message>
        <source>{name} (take from the scene)</source>
        <translation>{name} (aus der Szene übernehmen)</translation>
    </message>
    <message>
        <source>Smaller thing</source>
        <translation>Kleineres</translation>
    </message>
    <message>
        <source>Something smaller than the recommended mask is meant (−, or Shift+wheel)</source>
        <translation>Gemeint ist etwas Kleineres als die empfohlene Maske (− oder Umschalt+Mausrad)</translation>
    </message>
    <message>
        <source>More like it</source>
        <translation>Ähnliche</translation>
    </message>
    <message>
        <source>Go on from the recommended mask: finer differences from it (0)</source>
        <translation>Von der empfohlenen Maske aus weitermachen: feinere Unterschiede zu ihr (0)</translation>
    </message>
    <message>
        <source>Larger thing</source>
        <translation>Größeres</translation>
    </message>
    <message>
        <source>Something larger than the recommended mask is meant (+, or Shift+wheel)</source>
        <translation>Gemeint ist etwas Größeres als die empfohlene Maske (+ oder Umschalt+Mausrad)</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.Presentation</name>
    <message>
        <source>Enter</source>
        <translation>Enter</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.ProfileActions</name>
    <message>
        <source>{learned} (masks accepted: {count})</source>
        <translation>{learned} (übernommene Masken: {count})</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.ProfileSection</name>
    <message>
        <source>Profiles</source>
        <translation>Profile</translation>
    </message>
    <message>
        <source>In use:</source>
        <translation>In Gebrauch:</translation>
    </message>
    <message>
        <source>New...</source>
        <translation>Neu …</translation>
    </message>
    <message>
        <source>Rename...</source>
        <translation>Umbenennen …</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>Zurücksetzen</translation>
    </message>
    <message>
        <source>Forget</source>
        <translation>Vergessen</translation>
    </message>
    <message>
        <source>Export...</source>
        <translation>Exportieren …</translation>
    </message>
    <message>
        <source>Import...</source>
        <translation>Importieren …</translation>
    </message>
    <message>
        <source>Take from the scene</source>
        <translation>Aus der Szene übernehmen</translation>
    </message>
    <message>
        <source>Use the copy that a loaded scene holds</source>
        <translation>Die Kopie verwenden, die eine geladene Szene enthält</translation>
    </message>
    <message>
        <source>New profile</source>
        <translation>Neues Profil</translation>
    </message>
    <message>
        <source>Name:</source>
        <translation>Name:</translation>
    </message>
    <message>
        <source>Rename the profile</source>
        <translation>Profil umbenennen</translation>
    </message>
    <message>
        <source>Export the profile</source>
        <translation>Profil exportieren</translation>
    </message>
    <message>
        <source>Import a profile</source>
        <translation>Profil importieren</translation>
    </message>
    <message>
        <source>A profile holds what SPA has learned about the outlines that you prefer: some numbers, nothing of an image or a patient.</source>
        <translation>Ein Profil enthält, was SPA über die von Ihnen bevorzugten Konturen gelernt hat: einige Zahlen, nichts von einem Bild oder Patienten.</translation>
    </message>
    <message>
        <source>Profile in use: {name}</source>
        <translation>Profil in Gebrauch: {name}</translation>
    </message>
    <message>
        <source>Forget what the profile {name} has learned?</source>
        <translation>Vergessen, was das Profil {name} gelernt hat?</translation>
    </message>
    <message>
        <source>Delete the profile {name}?</source>
        <translation>Das Profil {name} löschen?</translation>
    </message>
    <message>
        <source>Exported to {name}.</source>
        <translation>Nach {name} exportiert.</translation>
    </message>
    <message>
        <source>{name} exists. Replace it?</source>
        <translation>{name} gibt es schon. Ersetzen?</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.RuntimeSection</name>
    <message>
        <source>Runtime</source>
        <translation>Laufzeit</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>automatisch</translation>
    </message>
    <message>
        <source>Install ONNX Runtime...</source>
        <translation>ONNX Runtime installieren …</translation>
    </message>
    <message>
        <source>Install from a folder...</source>
        <translation>Aus einem Ordner installieren …</translation>
    </message>
    <message>
        <source>Faster on an NVIDIA card: install PyTorch...</source>
        <translation>Für NVIDIA-Karten: PyTorch installieren …</translation>
    </message>
    <message>
        <source>Installed:</source>
        <translation>Installiert:</translation>
    </message>
    <message>
        <source>Run the model with:</source>
        <translation>Modell ausführen mit:</translation>
    </message>
    <message>
        <source>Choose the folder with the wheels</source>
        <translation>Ordner mit den Wheels wählen</translation>
    </message>
    <message>
        <source>no ONNX Runtime</source>
        <translation>kein ONNX Runtime</translation>
    </message>
    <message>
        <source>Install ONNX Runtime again...</source>
        <translation>ONNX Runtime neu installieren …</translation>
    </message>
    <message>
        <source>PyTorch is not installed; the button below does that, through the extension PyTorch.</source>
        <translation>PyTorch ist nicht installiert; der Knopf darunter erledigt das über die Erweiterung PyTorch.</translation>
    </message>
    <message>
        <source>ONNX Runtime is installed.</source>
        <translation>ONNX Runtime ist installiert.</translation>
    </message>
    <message>
        <source>PyTorch is installed.</source>
        <translation>PyTorch ist installiert.</translation>
    </message>
    <message>
        <source>ONNX Runtime {version}</source>
        <translation>ONNX Runtime {version}</translation>
    </message>
    <message>
        <source>PyTorch {version}</source>
        <translation>PyTorch {version}</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.SampleData</name>
    <message>
        <source>Segmentation by choices (SPA)</source>
        <translation>Segmentieren durch Auswählen (SPA)</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.SegmentEditorEffect</name>
    <message>
        <source>SPA</source>
        <translation>SPA</translation>
    </message>
    <message>
        <source>The source volume was changed; the masks on screen were dropped.</source>
        <translation>Das Quellvolumen wurde geändert; die gezeigten Masken wurden verworfen.</translation>
    </message>
    <message>
        <source>&lt;b&gt;Segmentation by choices&lt;/b&gt;: click on a structure, or drag a box; choose a mask. &lt;br&gt;In the pictures, blue stripes are added to the recommended mask and orange dots removed from it; the number says how much larger the mask is.&lt;br&gt;Keys while masks are shown or computed: &lt;b&gt;1&lt;/b&gt; to &lt;b&gt;4&lt;/b&gt; choose, &lt;b&gt;0&lt;/b&gt; goes on from the recommended mask, &lt;b&gt;+&lt;/b&gt; and &lt;b&gt;−&lt;/b&gt; (or Shift+wheel) say that something larger or smaller is meant, &lt;b&gt;Enter&lt;/b&gt; accepts the marked mask, &lt;b&gt;Space&lt;/b&gt; marks the recommended one, &lt;b&gt;Backspace&lt;/b&gt; or undo goes back one round, &lt;b&gt;Esc&lt;/b&gt; cancels. Click adds what belongs, &lt;b&gt;{key}+click&lt;/b&gt; removes what does not. A double click on a picture accepts it.&lt;br&gt;On unfamiliar structures a box is much surer than a click, and as quick.&lt;br&gt;The masks are one slice each. With one accepted, &lt;b&gt;Through the volume&lt;/b&gt; (&lt;b&gt;D&lt;/b&gt;) finds the other slices; &lt;b&gt;N&lt;/b&gt; goes to the next doubtful one, &lt;b&gt;E&lt;/b&gt; says that the structure is not on the slice in view, &lt;b&gt;Enter&lt;/b&gt; writes all slices, &lt;b&gt;L&lt;/b&gt; also begins the next structure. Or go on slice by slice with the next one (&lt;b&gt;Page Up&lt;/b&gt;) or the one before (&lt;b&gt;Page Down&lt;/b&gt;).</source>
        <translation>&lt;b&gt;Segmentieren durch Auswählen&lt;/b&gt;: Auf eine Struktur klicken oder einen Kasten ziehen; eine Maske wählen. &lt;br&gt;In den Bildern kommen blaue Streifen zur empfohlenen Maske hinzu, orange Punkte fallen weg; die Zahl sagt, um wie viel größer die Maske ist.&lt;br&gt;Tasten, solange Masken gezeigt oder berechnet werden: &lt;b&gt;1&lt;/b&gt; bis &lt;b&gt;4&lt;/b&gt; wählen, &lt;b&gt;0&lt;/b&gt; macht von der empfohlenen Maske aus weiter, &lt;b&gt;+&lt;/b&gt; und &lt;b&gt;−&lt;/b&gt; (oder Umschalt+Mausrad) sagen, dass etwas Größeres oder Kleineres gemeint ist, &lt;b&gt;Enter&lt;/b&gt; übernimmt die markierte Maske, die &lt;b&gt;Leertaste&lt;/b&gt; markiert die empfohlene, die &lt;b&gt;Rücktaste&lt;/b&gt; oder Rückgängig geht eine Runde zurück, &lt;b&gt;Esc&lt;/b&gt; bricht ab. Ein Klick fügt hinzu, was dazugehört, &lt;b&gt;{key}+Klick&lt;/b&gt; entfernt, was nicht dazugehört. Ein Doppelklick auf ein Bild übernimmt es.&lt;br&gt;Bei ungewohnten Strukturen ist ein Kasten viel sicherer als ein Klick, und ebenso schnell.&lt;br&gt;Die Masken sind je eine Schicht. Ist eine übernommen, findet &lt;b&gt;Durch das Volumen&lt;/b&gt; (&lt;b&gt;D&lt;/b&gt;) die anderen Schichten; &lt;b&gt;N&lt;/b&gt; geht zur nächsten zweifelhaften, &lt;b&gt;E&lt;/b&gt; sagt, dass die Struktur auf der gezeigten Schicht nicht ist, &lt;b&gt;Enter&lt;/b&gt; schreibt alle Schichten, &lt;b&gt;L&lt;/b&gt; beginnt auch die nächste Struktur. Oder gehen Sie Schicht für Schicht zur nächsten (&lt;b&gt;Bild auf&lt;/b&gt;) oder vorigen (&lt;b&gt;Bild ab&lt;/b&gt;).</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.StudyNotes</name>
    <message>
        <source>Every accepted mask becomes a line in {name}.</source>
        <translation>Jede übernommene Maske wird eine Zeile in {name}.</translation>
    </message>
    <message>
        <source>The mask was accepted, but the study&apos;s log was not written: {problem}</source>
        <translation>Die Maske wurde übernommen, das Protokoll der Studie aber nicht geschrieben: {problem}</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.StudySection</name>
    <message>
        <source>Log for a study</source>
        <translation>Protokoll für eine Studie</translation>
    </message>
    <message>
        <source>Switch on...</source>
        <translation>Einschalten …</translation>
    </message>
    <message>
        <source>Switch off</source>
        <translation>Ausschalten</translation>
    </message>
    <message>
        <source>Pseudonym (nobody&apos;s name):</source>
        <translation>Pseudonym (niemandes Name):</translation>
    </message>
    <message>
        <source>For studies with people: seconds, rounds, clicks and choices of every accepted mask go into a CSV file, under a pseudonym and without anything of an image. Off, nothing is written.</source>
        <translation>Für Studien mit Menschen: Sekunden, Runden, Klicks und Wahlen jeder übernommenen Maske kommen in eine CSV-Datei, unter einem Pseudonym und ohne etwas von einem Bild. Ausgeschaltet wird nichts geschrieben.</translation>
    </message>
    <message>
        <source>On: {name} writes into {file}.</source>
        <translation>An: {name} schreibt in {file}.</translation>
    </message>
    <message>
        <source>Off.</source>
        <translation>Aus.</translation>
    </message>
    <message>
        <source>The log is switched off; what is written stays.</source>
        <translation>Das Protokoll ist ausgeschaltet; was geschrieben ist, bleibt.</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.Target</name>
    <message>
        <source>Select a source volume at the top of Segment Editor first.</source>
        <translation>Wählen Sie zuerst oben im Segment Editor ein Quellvolumen.</translation>
    </message>
    <message>
        <source>Add a segment with the button Add first.</source>
        <translation>Fügen Sie zuerst mit dem Knopf Add ein Segment hinzu.</translation>
    </message>
    <message>
        <source>The segment was hidden; click again.</source>
        <translation>Das Segment war ausgeblendet; klicken Sie noch einmal.</translation>
    </message>
    <message>
        <source>The segment is hidden; nothing was written. Show it, then accept.</source>
        <translation>Das Segment ist ausgeblendet; nichts wurde geschrieben. Blenden Sie es ein, dann übernehmen Sie.</translation>
    </message>
    <message>
        <source>Without it: Start from the segment.</source>
        <translation>Ohne das: Vom Segment ausgehen.</translation>
    </message>
    <message>
        <source>Meanwhile something else was selected, or SPA was left; click again.</source>
        <translation>Inzwischen wurde etwas anderes gewählt oder SPA verlassen; klicken Sie noch einmal.</translation>
    </message>
    <message>
        <source>{problem} The module SPA goes back to the bundled weights: Use bundled (section Model).</source>
        <translation>{problem} Das Modul SPA kehrt zu den mitgelieferten Gewichten zurück: Mitgelieferte (Abschnitt Modell).</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.VolumePanel</name>
    <message>
        <source>Through the volume</source>
        <translation>Durch das Volumen</translation>
    </message>
    <message>
        <source>From the accepted masks on to all slices, in both directions (D)</source>
        <translation>Von den übernommenen Masken zu allen Schichten, in beide Richtungen (D)</translation>
    </message>
    <message>
        <source>Go to the slice where an answer helps most (N)</source>
        <translation>Zur Schicht gehen, auf der eine Antwort am meisten hilft (N)</translation>
    </message>
    <message>
        <source>Ends here</source>
        <translation>Endet hier</translation>
    </message>
    <message>
        <source>The structure is not on the slice in view (E)</source>
        <translation>Die Struktur ist auf der gezeigten Schicht nicht (E)</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>Anwenden</translation>
    </message>
    <message>
        <source>Write all slices into the segment, as one step of undo (Enter)</source>
        <translation>Alle Schichten ins Segment schreiben, als ein Schritt zum Rückgängigmachen (Enter)</translation>
    </message>
    <message>
        <source>Accept or apply, and add a segment for the next structure, named after this one (L)</source>
        <translation>Übernehmen oder anwenden, und ein Segment für die nächste Struktur hinzufügen, nach dieser benannt (L)</translation>
    </message>
    <message>
        <source>white: accepted · blue: sure · orange: doubtful</source>
        <translation>weiß: übernommen · blau: sicher · orange: zweifelhaft</translation>
    </message>
    <message>
        <source>{accepted} slices accepted, {sure} sure, {doubtful} doubtful; the one in view has an edge</source>
        <translation>{accepted} Schichten übernommen, {sure} sicher, {doubtful} zweifelhaft; die gezeigte hat einen Rand</translation>
    </message>
    <message>
        <source>Next doubtful</source>
        <translation>Nächste unklare</translation>
    </message>
    <message>
        <source>Next structure</source>
        <translation>Nächste Struktur</translation>
    </message>
</context>
<context>
    <name>SegmentEditorSPALib.Workflow</name>
    <message>
        <source>Click on a structure in a slice view, or drag a box around it.</source>
        <translation>Klicken Sie in einer Schichtansicht auf eine Struktur, oder ziehen Sie einen Kasten um sie.</translation>
    </message>
    <message>
        <source>Show a slice view first: its slice is where SPA starts.</source>
        <translation>Zeigen Sie zuerst eine Schichtansicht: Auf ihrer Schicht beginnt SPA.</translation>
    </message>
    <message>
        <source>Another segment or image was selected; the masks on screen were dropped.</source>
        <translation>Ein anderes Segment oder Bild wurde gewählt; die gezeigten Masken wurden verworfen.</translation>
    </message>
    <message>
        <source>{problem} The masks on screen were dropped.</source>
        <translation>{problem} Die gezeigten Masken wurden verworfen.</translation>
    </message>
    <message>
        <source>Another time point of the segmentation is shown; the masks on screen were dropped.</source>
        <translation>Ein anderer Zeitpunkt der Segmentierung wird gezeigt; die gezeigten Masken wurden verworfen.</translation>
    </message>
</context>
<context>
    <name>interaction.areas</name>
    <message>
        <source>{area} pixels</source>
        <translation>{area} Pixel</translation>
    </message>
    <message>
        <source>{area} mm2</source>
        <translation>{area} mm2</translation>
    </message>
</context>
<context>
    <name>interaction.array_mixture</name>
    <message>
        <source>Observation weights must be non-negative and not all zero.</source>
        <translation>Gewichte von Beobachtungen dürfen nicht negativ und nicht alle null sein.</translation>
    </message>
    <message>
        <source>A mixture needs weights (M,) and means and variances (M, d), not {weights}, {means}, {variances}.</source>
        <translation>Eine Mischverteilung braucht Gewichte (M,) und Mittelwerte und Varianzen (M, d), nicht {weights}, {means}, {variances}.</translation>
    </message>
</context>
<context>
    <name>interaction.belief</name>
    <message>
        <source>The model card&apos;s numbers for volumes are damaged; copy the weights again.</source>
        <translation>Die Zahlen der Modellkarte für Volumen sind beschädigt; kopieren Sie die Gewichte noch einmal.</translation>
    </message>
</context>
<context>
    <name>interaction.differences</name>
    <message>
        <source>right</source>
        <translation>rechts</translation>
    </message>
    <message>
        <source>lower right</source>
        <translation>unten rechts</translation>
    </message>
    <message>
        <source>bottom</source>
        <translation>unten</translation>
    </message>
    <message>
        <source>lower left</source>
        <translation>unten links</translation>
    </message>
    <message>
        <source>left</source>
        <translation>links</translation>
    </message>
    <message>
        <source>upper left</source>
        <translation>oben links</translation>
    </message>
    <message>
        <source>top</source>
        <translation>oben</translation>
    </message>
    <message>
        <source>upper right</source>
        <translation>oben rechts</translation>
    </message>
    <message>
        <source>left and right</source>
        <translation>links und rechts</translation>
    </message>
    <message>
        <source>upper left and lower right</source>
        <translation>oben links und unten rechts</translation>
    </message>
    <message>
        <source>top and bottom</source>
        <translation>oben und unten</translation>
    </message>
    <message>
        <source>lower left and upper right</source>
        <translation>unten links und oben rechts</translation>
    </message>
    <message>
        <source>to the right</source>
        <translation>nach rechts</translation>
    </message>
    <message>
        <source>down and right</source>
        <translation>nach unten rechts</translation>
    </message>
    <message>
        <source>down</source>
        <translation>nach unten</translation>
    </message>
    <message>
        <source>down and left</source>
        <translation>nach unten links</translation>
    </message>
    <message>
        <source>to the left</source>
        <translation>nach links</translation>
    </message>
    <message>
        <source>up and left</source>
        <translation>nach oben links</translation>
    </message>
    <message>
        <source>up</source>
        <translation>nach oben</translation>
    </message>
    <message>
        <source>up and right</source>
        <translation>nach oben rechts</translation>
    </message>
    <message>
        <source>in several places</source>
        <translation>an mehreren Stellen</translation>
    </message>
    <message>
        <source>same as the recommended mask</source>
        <translation>wie die empfohlene Maske</translation>
    </message>
    <message>
        <source>larger: {percent} % ({area})</source>
        <translation>größer: {percent} % ({area})</translation>
    </message>
    <message>
        <source>smaller: {percent} % ({area})</source>
        <translation>kleiner: {percent} % ({area})</translation>
    </message>
    <message>
        <source>similar area</source>
        <translation>ähnliche Fläche</translation>
    </message>
    <message>
        <source>all around</source>
        <translation>ringsum</translation>
    </message>
    <message>
        <source>{size}, {place}</source>
        <translation>{size}, {place}</translation>
    </message>
    <message>
        <source>fills a hole</source>
        <translation>füllt ein Loch</translation>
    </message>
    <message>
        <source>leaves a hole</source>
        <translation>lässt ein Loch</translation>
    </message>
    <message>
        <source>with a separate part, {place}</source>
        <translation>mit einem getrennten Teil, {place}</translation>
    </message>
    <message>
        <source>without a separate part, {place}</source>
        <translation>ohne einen getrennten Teil, {place}</translation>
    </message>
    <message>
        <source>{size}, other shape: +{plus} and -{minus}</source>
        <translation>{size}, andere Form: +{plus} und -{minus}</translation>
    </message>
    <message>
        <source>empty: {area}</source>
        <translation>leer: {area}</translation>
    </message>
    <message>
        <source>{area} where the recommended mask is empty</source>
        <translation>{area}, wo die empfohlene Maske leer ist</translation>
    </message>
    <message>
        <source>mostly {place}</source>
        <translation>vor allem {place}</translation>
    </message>
    <message>
        <source>{size}, at another place, {place}</source>
        <translation>{size}, an anderer Stelle, {place}</translation>
    </message>
    <message>
        <source>{size}, moved {direction}</source>
        <translation>{size}, {direction} verschoben</translation>
    </message>
    <message>
        <source>{size}, more {more}, less {less}</source>
        <translation>{size}, mehr {more}, weniger {less}</translation>
    </message>
</context>
<context>
    <name>interaction.look_rounds</name>
    <message>
        <source>This mask is empty; choose another one, or click on the structure again.</source>
        <translation>Diese Maske ist leer; wählen Sie eine andere, oder klicken Sie noch einmal auf die Struktur.</translation>
    </message>
</context>
<context>
    <name>interaction.network_predictor</name>
    <message>
        <source>The network needs at least one point; click on the structure.</source>
        <translation>Das Netz braucht mindestens einen Punkt; klicken Sie auf die Struktur.</translation>
    </message>
    <message>
        <source>Prompts come before predictions.</source>
        <translation>Erst kommen Eingaben, dann Vorhersagen.</translation>
    </message>
</context>
<context>
    <name>interaction.opening</name>
    <message>
        <source>The first click must lie on the structure; negative clicks correct a mask.</source>
        <translation>Der erste Klick muss auf der Struktur liegen; ausschließende Klicks korrigieren eine Maske.</translation>
    </message>
    <message>
        <source>The mask to start from is empty; paint or threshold something first.</source>
        <translation>Die Maske, von der ausgegangen wird, ist leer; malen Sie zuerst etwas, oder setzen Sie einen Schwellenwert.</translation>
    </message>
    <message>
        <source>Without a network SPA needs an existing mask to start from; paint or threshold one first.</source>
        <translation>Ohne Netz braucht SPA eine vorhandene Maske als Ausgangspunkt; malen Sie zuerst eine, oder setzen Sie einen Schwellenwert.</translation>
    </message>
    <message>
        <source>The region of interest is {side:g} mm wide; give one of at least {smallest:g} mm here.</source>
        <translation>Der Bereich ist {side:g} mm breit; geben Sie hier einen von mindestens {smallest:g} mm an.</translation>
    </message>
</context>
<context>
    <name>interaction.profile</name>
    <message>
        <source>no clear preference yet</source>
        <translation>noch keine klare Vorliebe</translation>
    </message>
    <message>
        <source>prefers tighter outlines, by about {mm} mm</source>
        <translation>bevorzugt engere Konturen, um etwa {mm} mm</translation>
    </message>
    <message>
        <source>prefers wider outlines, by about {mm} mm</source>
        <translation>bevorzugt weitere Konturen, um etwa {mm} mm</translation>
    </message>
    <message>
        <source>An object with the keys {keys} is expected.</source>
        <translation>Erwartet wird ein Objekt mit den Schlüsseln {keys}.</translation>
    </message>
    <message>
        <source>Its keys do not match: missing {missing}; unknown {unknown}.</source>
        <translation>Die Schlüssel passen nicht: Es fehlen {missing}; unbekannt sind {unknown}.</translation>
    </message>
    <message>
        <source>The name must be a text of 1 to {longest} printable characters.</source>
        <translation>Der Name muss ein Text aus 1 bis {longest} druckbaren Zeichen sein.</translation>
    </message>
    <message>
        <source>The number of accepted masks is a count, not {accepted!r}.</source>
        <translation>Die Zahl übernommener Masken ist eine Anzahl, nicht {accepted!r}.</translation>
    </message>
    <message>
        <source>{origin} is no profile (its format is not {format!r}); choose another file.</source>
        <translation>{origin} ist kein Profil (das Format ist nicht {format!r}); wählen Sie eine andere Datei.</translation>
    </message>
    <message>
        <source>The profile {origin} has version {version!r}, this program reads {own}; export it again with the same version of SPA.</source>
        <translation>Das Profil {origin} hat die Version {version!r}, dieses Programm liest {own}; exportieren Sie es noch einmal mit derselben Version von SPA.</translation>
    </message>
    <message>
        <source>{key} must be a number from {low:g} to {high:g}, not {value!r}.</source>
        <translation>{key} muss eine Zahl von {low:g} bis {high:g} sein, nicht {value!r}.</translation>
    </message>
    <message>
        <source>The profile {path} is in use by another program; it has learned nothing now.</source>
        <translation>Das Profil {path} wird gerade von einem anderen Programm verwendet; es hat diesmal nichts gelernt.</translation>
    </message>
    <message>
        <source>{path} is too large for a profile; choose a file that SPA has saved as one.</source>
        <translation>{path} ist zu groß für ein Profil; wählen Sie eine Datei, die SPA als Profil gespeichert hat.</translation>
    </message>
    <message>
        <source>The profile {path} cannot be read ({reason}); choose another file.</source>
        <translation>Das Profil {path} ist nicht lesbar ({reason}); wählen Sie eine andere Datei.</translation>
    </message>
    <message>
        <source>{path} is damaged or no profile; choose a file that SPA has saved as one.</source>
        <translation>{path} ist beschädigt oder kein Profil; wählen Sie eine Datei, die SPA als Profil gespeichert hat.</translation>
    </message>
    <message>
        <source>{origin} is damaged or no profile; choose a file that SPA has saved as one.</source>
        <translation>{origin} ist beschädigt oder kein Profil; wählen Sie eine Datei, die SPA als Profil gespeichert hat.</translation>
    </message>
    <message>
        <source>The profile {origin} cannot be used: {error}</source>
        <translation>Das Profil {origin} ist nicht verwendbar: {error}</translation>
    </message>
</context>
<context>
    <name>interaction.profiles</name>
    <message>
        <source>The profile {name} cannot be read; pick another one, or reset it.</source>
        <translation>Das Profil {name} ist nicht lesbar; wählen Sie ein anderes, oder setzen Sie es zurück.</translation>
    </message>
    <message>
        <source>The name of a profile is made of letters, digits, spaces and hyphens.</source>
        <translation>Der Name eines Profils besteht aus Buchstaben, Ziffern, Leerzeichen und Bindestrichen.</translation>
    </message>
    <message>
        <source>There is a profile of this name already; choose another name.</source>
        <translation>Ein Profil dieses Namens gibt es schon; wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>The profiles are in use by another program; nothing was learned now.</source>
        <translation>Die Profile werden gerade von einem anderen Programm verwendet; diesmal wurde nichts gelernt.</translation>
    </message>
    <message>
        <source>The folder of profiles cannot be made; check the disk.</source>
        <translation>Der Ordner für Profile lässt sich nicht anlegen; prüfen Sie den Datenträger.</translation>
    </message>
    <message>
        <source>The profile {name} is in use by another program, or protected; it was not deleted.</source>
        <translation>Das Profil {name} wird von einem anderen Programm benutzt oder ist geschützt; es wurde nicht gelöscht.</translation>
    </message>
    <message>
        <source>The name of a profile has at most {count} characters.</source>
        <translation>Der Name eines Profils hat höchstens {count} Zeichen.</translation>
    </message>
    <message>
        <source>Windows keeps this name for itself; choose another one.</source>
        <translation>Windows behält diesen Namen für sich; wählen Sie einen anderen.</translation>
    </message>
</context>
<context>
    <name>interaction.refined_predictor</name>
    <message>
        <source>Prompts come before predictions.</source>
        <translation>Erst kommen Eingaben, dann Vorhersagen.</translation>
    </message>
</context>
<context>
    <name>interaction.region</name>
    <message>
        <source>The box lies outside the image; drag it over the image.</source>
        <translation>Der Kasten liegt außerhalb des Bildes; ziehen Sie ihn über das Bild.</translation>
    </message>
    <message>
        <source>The point ({x:.1f}, {y:.1f}) lies outside the {width} x {height} image; click on the image.</source>
        <translation>Der Punkt ({x:.1f}, {y:.1f}) liegt außerhalb des Bildes von {width} x {height}; klicken Sie auf das Bild.</translation>
    </message>
    <message>
        <source>The region of interest needs a positive size, not {side_mm} mm and {size} pixels.</source>
        <translation>Der Bereich braucht eine positive Größe, nicht {side_mm} mm und {size} Pixel.</translation>
    </message>
</context>
<context>
    <name>interaction.round</name>
    <message>
        <source>This point lies outside the region of interest; start over with a click there.</source>
        <translation>Dieser Punkt liegt außerhalb des betrachteten Bereichs; beginnen Sie neu mit einem Klick dort.</translation>
    </message>
    <message>
        <source>Nothing larger is to be seen here; drag a box around the structure, or correct the mask by clicks.</source>
        <translation>Hier ist nichts Größeres zu sehen; ziehen Sie einen Kasten um die Struktur, oder korrigieren Sie die Maske durch Klicks.</translation>
    </message>
    <message>
        <source>Nothing smaller is to be seen here; drag a box around the structure, or correct the mask by clicks.</source>
        <translation>Hier ist nichts Kleineres zu sehen; ziehen Sie einen Kasten um die Struktur, oder korrigieren Sie die Maske durch Klicks.</translation>
    </message>
</context>
<context>
    <name>interaction.seed_mask</name>
    <message>
        <source>The starting mask is empty here; choose a slice on which it shows something.</source>
        <translation>Die Ausgangsmaske ist hier leer; wählen Sie eine Schicht, auf der sie etwas zeigt.</translation>
    </message>
    <message>
        <source>The starting mask covers the whole region; start from a mask with an outline.</source>
        <translation>Die Ausgangsmaske bedeckt den ganzen Bereich; gehen Sie von einer Maske mit einer Kontur aus.</translation>
    </message>
    <message>
        <source>The mask has the size {mask}, the image {image}; they must agree.</source>
        <translation>Die Maske hat die Größe {mask}, das Bild {image}; beide müssen übereinstimmen.</translation>
    </message>
    <message>
        <source>The mask has the size {mask}, not that of the maps, {maps}.</source>
        <translation>Die Maske hat die Größe {mask}, nicht die der Karten, {maps}.</translation>
    </message>
</context>
<context>
    <name>interaction.session</name>
    <message>
        <source>This session has been started already; begin a new one for another structure.</source>
        <translation>Diese Sitzung hat schon begonnen; beginnen Sie für eine andere Struktur eine neue.</translation>
    </message>
    <message>
        <source>Start with a click, a box or a mask, and with one of them only.</source>
        <translation>Beginnen Sie mit einem Klick, einem Kasten oder einer Maske, und nur mit einem davon.</translation>
    </message>
    <message>
        <source>This point lies outside the region of interest; start over with a click there.</source>
        <translation>Dieser Punkt liegt außerhalb des betrachteten Bereichs; beginnen Sie neu mit einem Klick dort.</translation>
    </message>
    <message>
        <source>This is the first round; there is nothing to take back.</source>
        <translation>Dies ist die erste Runde; es gibt nichts zurückzunehmen.</translation>
    </message>
    <message>
        <source>The mask has been accepted; undo it in the segmentation.</source>
        <translation>Die Maske ist übernommen; machen Sie das in der Segmentierung rückgängig.</translation>
    </message>
    <message>
        <source>A preference is learned from an accepted mask; accept one first.</source>
        <translation>Eine Vorliebe wird aus einer übernommenen Maske gelernt; übernehmen Sie zuerst eine.</translation>
    </message>
    <message>
        <source>This session shows no masks; begin a new one with a click.</source>
        <translation>Diese Sitzung zeigt keine Masken; beginnen Sie mit einem Klick eine neue.</translation>
    </message>
    <message>
        <source>There is no candidate {number}; there are {count}.</source>
        <translation>Es gibt keinen Kandidaten {number}; es gibt {count}.</translation>
    </message>
    <message>
        <source>There is no mask {mask}; accept 0 to {last}.</source>
        <translation>Es gibt keine Maske {mask}; übernehmen Sie 0 bis {last}.</translation>
    </message>
    <message>
        <source>This is the last of {rounds} rounds; accept a mask, correct it or go back.</source>
        <translation>Dies ist die letzte von {rounds} Runden; übernehmen Sie eine Maske, korrigieren Sie sie, oder gehen Sie zurück.</translation>
    </message>
</context>
<context>
    <name>interaction.settings</name>
    <message>
        <source>There cannot be more candidates than predictions.</source>
        <translation>Es kann nicht mehr Kandidaten als Vorhersagen geben.</translation>
    </message>
    <message>
        <source>preference_update is one of {updates}, not {update!r}.</source>
        <translation>preference_update ist eines von {updates}, nicht {update!r}.</translation>
    </message>
    <message>
        <source>region_mm must be positive, not {region_mm!r}.</source>
        <translation>region_mm muss positiv sein, nicht {region_mm!r}.</translation>
    </message>
    <message>
        <source>Setting {name} must lie between {low} and {high}, not {value!r}.</source>
        <translation>Die Einstellung {name} muss zwischen {low} und {high} liegen, nicht bei {value!r}.</translation>
    </message>
</context>
<context>
    <name>interaction.simulated_user</name>
    <message>
        <source>There is no rater&apos;s mask for this image; choose an image that somebody has outlined.</source>
        <translation>Zu diesem Bild gibt es keine Maske eines Befunders; wählen Sie ein Bild, das jemand konturiert hat.</translation>
    </message>
    <message>
        <source>No candidate is on screen; accept the recommended mask or add a click.</source>
        <translation>Es wird kein Kandidat gezeigt; übernehmen Sie die empfohlene Maske, oder klicken Sie noch einmal.</translation>
    </message>
    <message>
        <source>A user&apos;s policy is one of {policies}, not {policy!r}.</source>
        <translation>Die Regel eines Benutzers ist eine von {policies}, nicht {policy!r}.</translation>
    </message>
</context>
<context>
    <name>interaction.slices</name>
    <message>
        <source>There are no slices to go through; load a volume.</source>
        <translation>Es gibt keine Schichten, durch die zu gehen wäre; laden Sie ein Volumen.</translation>
    </message>
    <message>
        <source>Slice {index} has the size {size}, others {others}; all slices must agree.</source>
        <translation>Schicht {index} hat die Größe {size}, andere {others}; alle Schichten müssen übereinstimmen.</translation>
    </message>
    <message>
        <source>The volume has no slice {index}.</source>
        <translation>Das Volumen hat keine Schicht {index}.</translation>
    </message>
</context>
<context>
    <name>interaction.study_log</name>
    <message>
        <source>A pseudonym has 1 to 20 letters, digits, - and _, such as p07; it must not be anybody&apos;s name.</source>
        <translation>Ein Pseudonym hat 1 bis 20 Buchstaben, Ziffern, - und _, etwa p07; es darf niemandes Name sein.</translation>
    </message>
    <message>
        <source>The last line of {log} was cut off; it is kept in {aside}, and its image comes once more.</source>
        <translation>Die letzte Zeile von {log} war abgeschnitten; sie ist in {aside} aufbewahrt, und ihr Bild kommt noch einmal.</translation>
    </message>
    <message>
        <source>{log} is no log of a study by this version of SPA: its first line is another one. Give a new name for the log.</source>
        <translation>{log} ist kein Protokoll einer Studie dieser Version von SPA: Die erste Zeile ist eine andere. Geben Sie dem Protokoll einen neuen Namen.</translation>
    </message>
    <message>
        <source>{log} holds entries of the study {other}, and this is {study}; a log is of one study: give this one a log of its own (log: in the study&apos;s file), or the study&apos;s file as it was.</source>
        <translation>{log} enthält Einträge der Studie {other}, und dies ist {study}; ein Protokoll gehört zu einer Studie: Geben Sie dieser ein eigenes (log: in der Datei der Studie), oder die Datei der Studie, wie sie war.</translation>
    </message>
    <message>
        <source>{log} is in use by another program; try again.</source>
        <translation>{log} wird von einem anderen Programm verwendet; versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>{log} cannot be read as the log of a study ({reason}); give another file.</source>
        <translation>{log} ist als Protokoll einer Studie nicht lesbar ({reason}); geben Sie eine andere Datei an.</translation>
    </message>
    <message>
        <source>Line {number} of {log} is damaged; mend it from a copy, or take it out and keep it elsewhere.</source>
        <translation>Zeile {number} von {log} ist beschädigt; stellen Sie sie aus einer Kopie wieder her, oder nehmen Sie sie heraus und bewahren Sie sie anderswo auf.</translation>
    </message>
</context>
<context>
    <name>interaction.through</name>
    <message>
        <source>The distance between slices must be a positive number of mm.</source>
        <translation>Der Abstand der Schichten muss eine positive Zahl in mm sein.</translation>
    </message>
    <message>
        <source>Accept a mask on a slice first; going through the volume starts from it.</source>
        <translation>Übernehmen Sie zuerst auf einer Schicht eine Maske; der Weg durch das Volumen beginnt bei ihr.</translation>
    </message>
    <message>
        <source>SPA found nothing on this slice; click on the structure, or say that it ends here.</source>
        <translation>SPA hat auf dieser Schicht nichts gefunden; klicken Sie auf die Struktur, oder sagen Sie, dass sie hier endet.</translation>
    </message>
    <message>
        <source>The masks accepted on slices {low} and {high} lie apart; look whether both are of one structure.</source>
        <translation>Die auf den Schichten {low} und {high} übernommenen Masken liegen auseinander; sehen Sie nach, ob beide zu einer Struktur gehören.</translation>
    </message>
    <message>
        <source>No mask was accepted on slice {index}.</source>
        <translation>Auf Schicht {index} wurde keine Maske übernommen.</translation>
    </message>
</context>
<context>
    <name>interaction.types</name>
    <message>
        <source>The image contains NaN or infinite pixels; replace them before segmenting.</source>
        <translation>Das Bild enthält Pixel, die NaN oder unendlich sind; ersetzen Sie sie vor dem Segmentieren.</translation>
    </message>
    <message>
        <source>The image has the same value everywhere; choose a slice that shows something.</source>
        <translation>Das Bild hat überall denselben Wert; wählen Sie eine Schicht, die etwas zeigt.</translation>
    </message>
    <message>
        <source>A box needs two different corners; drag from one corner to the opposite one.</source>
        <translation>Ein Kasten braucht zwei verschiedene Ecken; ziehen Sie von einer Ecke zur gegenüberliegenden.</translation>
    </message>
    <message>
        <source>A frame is a non-empty 2D image; this one has the shape {shape}.</source>
        <translation>Ein Einzelbild ist zweidimensional und nicht leer; dieses hat die Form {shape}.</translation>
    </message>
    <message>
        <source>Pixel spacing must be two positive numbers in mm, not {spacing}.</source>
        <translation>Der Pixelabstand besteht aus zwei positiven Zahlen in mm, nicht {spacing}.</translation>
    </message>
    <message>
        <source>The mask has the size {mask}, the image {image}; they must agree.</source>
        <translation>Die Maske hat die Größe {mask}, das Bild {image}; beide müssen übereinstimmen.</translation>
    </message>
</context>
<context>
    <name>io.dicom</name>
    <message>
        <source>it is a segmentation; give the image that it was drawn on.</source>
        <translation>sie ist eine Segmentierung; geben Sie das Bild an, auf dem sie gezeichnet wurde.</translation>
    </message>
    <message>
        <source>it holds outlines, no image; give the image that they were drawn on.</source>
        <translation>sie enthält Konturen, kein Bild; geben Sie das Bild an, auf dem sie gezeichnet wurden.</translation>
    </message>
    <message>
        <source>The file does not say where its frames lie; they are stacked as if they were one pixel apart.</source>
        <translation>Die Datei sagt nicht, wo ihre Einzelbilder liegen; sie werden gestapelt, als lägen sie ein Pixel auseinander.</translation>
    </message>
    <message>
        <source>The DICOM series has colour images among grey ones (a page of results?); take them out of the folder.</source>
        <translation>Die DICOM-Serie hat Farbbilder unter grauen (eine Ergebnisseite?); nehmen Sie sie aus dem Ordner.</translation>
    </message>
    <message>
        <source>{count} images of the series are there twice; each is used once.</source>
        <translation>{count} Bilder der Serie sind doppelt vorhanden; jedes wird einmal verwendet.</translation>
    </message>
    <message>
        <source>The DICOM series has slices of several directions; give a series of one direction.</source>
        <translation>Die DICOM-Serie hat Schichten mehrerer Richtungen; geben Sie eine Serie mit einer Richtung an.</translation>
    </message>
    <message>
        <source>The DICOM series has several images at one position (a time series?); give one volume of it.</source>
        <translation>Die DICOM-Serie hat mehrere Bilder an einer Position (eine Zeitserie?); geben Sie ein Volumen daraus an.</translation>
    </message>
    <message>
        <source>The DICOM series has missing or unevenly spaced slices; complete it, or resample it first.</source>
        <translation>In der DICOM-Serie fehlen Schichten, oder ihre Abstände sind ungleich; vervollständigen Sie sie, oder rechnen Sie sie zuerst um.</translation>
    </message>
    <message>
        <source>The DICOM series was acquired with a tilted gantry; load it in Slicer and resample it first.</source>
        <translation>Die DICOM-Serie wurde mit gekippter Gantry aufgenommen; laden Sie sie in Slicer, und rechnen Sie sie zuerst um.</translation>
    </message>
    <message>
        <source>its axes do not span a volume; the header is damaged, export it again.</source>
        <translation>ihre Achsen spannen kein Volumen auf; der Kopf ist beschädigt, exportieren Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>it does not say where its frames lie; convert it to NRRD or NIfTI.</source>
        <translation>sie sagt nicht, wo ihre Einzelbilder liegen; wandeln Sie sie in NRRD oder NIfTI um.</translation>
    </message>
    <message>
        <source>its frames do not lie on one lattice; convert it to NRRD or NIfTI.</source>
        <translation>ihre Einzelbilder liegen nicht auf einem Gitter; wandeln Sie sie in NRRD oder NIfTI um.</translation>
    </message>
    <message>
        <source>its header is damaged; copy or export it again.</source>
        <translation>ihr Kopf ist beschädigt; kopieren oder exportieren Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>The DICOM series does not say where its slices lie; convert it to NRRD or NIfTI.</source>
        <translation>Die DICOM-Serie sagt nicht, wo ihre Schichten liegen; wandeln Sie sie in NRRD oder NIfTI um.</translation>
    </message>
    <message>
        <source>The DICOM series has slices of several sizes ({sizes} pixels); give a series of one size.</source>
        <translation>Die DICOM-Serie hat Schichten mehrerer Größen ({sizes} Pixel); geben Sie eine Serie mit einer Größe an.</translation>
    </message>
    <message>
        <source>The DICOM series has pixels of several sizes ({low:.3g} to {high:.3g} mm); give a series of one pixel spacing.</source>
        <translation>Die DICOM-Serie hat Pixel mehrerer Größen ({low:.3g} bis {high:.3g} mm); geben Sie eine Serie mit einem Pixelabstand an.</translation>
    </message>
</context>
<context>
    <name>io.dicom_files</name>
    <message>
        <source>it is a DICOM file without an image ({kind}), or ends too early; give a file of the images.</source>
        <translation>sie ist eine DICOM-Datei ohne Bild ({kind}) oder endet zu früh; geben Sie eine Datei der Bilder an.</translation>
    </message>
    <message>
        <source>The folder &apos;{path}&apos; holds no DICOM images; give a file, or a folder with a series.</source>
        <translation>Der Ordner &apos;{path}&apos; enthält keine DICOM-Bilder; geben Sie eine Datei an, oder einen Ordner mit einer Serie.</translation>
    </message>
    <message>
        <source>The folder &apos;{path}&apos; holds {count} DICOM series; give one file of the series that you mean, such as {examples}.</source>
        <translation>Der Ordner &apos;{path}&apos; enthält {count} DICOM-Serien; geben Sie eine Datei der gemeinten Serie an, etwa {examples}.</translation>
    </message>
    <message>
        <source>&apos;{name}&apos; in the folder ends too early or is damaged; copy it again, or take it out.</source>
        <translation>&apos;{name}&apos; im Ordner endet zu früh oder ist beschädigt; kopieren Sie die Datei noch einmal, oder nehmen Sie sie heraus.</translation>
    </message>
    <message>
        <source>There are more than {count} files in the folder; give one file of the series.</source>
        <translation>Im Ordner sind mehr als {count} Dateien; geben Sie eine Datei der Serie an.</translation>
    </message>
</context>
<context>
    <name>io.dicom_pixels</name>
    <message>
        <source>its header is damaged; copy or export it again.</source>
        <translation>ihr Kopf ist beschädigt; kopieren oder exportieren Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>its pixels have {bits} bits, which is not known.</source>
        <translation>ihre Pixel haben {bits} Bit, was nicht bekannt ist.</translation>
    </message>
    <message>
        <source>its table of colours (palette) is damaged; export it again.</source>
        <translation>ihre Farbtabelle (Palette) ist beschädigt; exportieren Sie sie noch einmal.</translation>
    </message>
</context>
<context>
    <name>io.dicom_slices</name>
    <message>
        <source>its header tells of more or fewer frames than it has; export it again.</source>
        <translation>ihr Kopf nennt mehr oder weniger Einzelbilder, als sie hat; exportieren Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>its header is damaged; copy or export it again.</source>
        <translation>ihr Kopf ist beschädigt; kopieren oder exportieren Sie sie noch einmal.</translation>
    </message>
</context>
<context>
    <name>io.dicom_unpack</name>
    <message>
        <source>its pixels are packed in a way that is not known, or damaged; export it without compression.</source>
        <translation>ihre Pixel sind auf unbekannte Weise gepackt oder beschädigt; exportieren Sie sie ohne Kompression.</translation>
    </message>
</context>
<context>
    <name>io.files</name>
    <message>
        <source>&apos;{path}&apos; must end in .seg.nrrd, {endings}.</source>
        <translation>&apos;{path}&apos; muss auf .seg.nrrd, {endings} enden.</translation>
    </message>
    <message>
        <source>&apos;{path}&apos; has letters that are no Unicode text (an old disc or share?); choose another place.</source>
        <translation>„{path}“ enthält Zeichen, die kein Unicode-Text sind (ein alter Datenträger oder eine alte Freigabe?); wählen Sie einen anderen Ort.</translation>
    </message>
    <message>
        <source>&apos;{path}&apos;: NIfTI cannot say where so small voxels lie, so far from the origin; write {endings}.</source>
        <translation>„{path}“: NIfTI kann nicht angeben, wo so kleine Voxel so weit vom Ursprung liegen; schreiben Sie {endings}.</translation>
    </message>
</context>
<context>
    <name>io.masks</name>
    <message>
        <source>it looks like an image, or like probabilities; give a mask, which has one value in all of a structure.</source>
        <translation>sie sieht wie ein Bild oder wie Wahrscheinlichkeiten aus; geben Sie eine Maske an, die in einer Struktur überall denselben Wert hat.</translation>
    </message>
    <message>
        <source>nothing in it is 0; give a mask that is 0 outside of the structure.</source>
        <translation>nichts darin ist 0; geben Sie eine Maske an, die außerhalb der Struktur 0 ist.</translation>
    </message>
</context>
<context>
    <name>io.metaimage</name>
    <message>
        <source>it has {count} axes; save one volume of it.</source>
        <translation>sie hat {count} Achsen; speichern Sie ein Volumen daraus.</translation>
    </message>
    <message>
        <source>its voxels are of the type &apos;{type}&apos;, which is no number.</source>
        <translation>ihre Voxel sind vom Typ &apos;{type}&apos;, was keine Zahl ist.</translation>
    </message>
    <message>
        <source>its spacing is negative, which programs read in different ways; save it again.</source>
        <translation>ihr Voxelabstand ist negativ, was Programme verschieden lesen; speichern Sie sie neu.</translation>
    </message>
</context>
<context>
    <name>io.nifti</name>
    <message>
        <source>it is no NIfTI file of version 1.</source>
        <translation>sie ist keine NIfTI-Datei der Version 1.</translation>
    </message>
    <message>
        <source>it ends too early, or its header is damaged; copy or download it again.</source>
        <translation>sie endet zu früh, oder ihr Kopf ist beschädigt; kopieren oder laden Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>it is in the format Analyze, which does not tell left from right; convert it to NIfTI.</source>
        <translation>sie hat das Format Analyze, das links und rechts nicht unterscheidet; wandeln Sie sie in NIfTI um.</translation>
    </message>
    <message>
        <source>it has more than four axes; save one volume of it.</source>
        <translation>sie hat mehr als vier Achsen; speichern Sie ein Volumen daraus.</translation>
    </message>
    <message>
        <source>it holds several volumes in colour; save one volume of it.</source>
        <translation>sie enthält mehrere Farbvolumen; speichern Sie eines davon.</translation>
    </message>
    <message>
        <source>its voxels are of a type (code {code}) that is no number; convert them to float.</source>
        <translation>ihre Voxel sind von einem Typ (Code {code}), der keine Zahl ist; wandeln Sie sie in Gleitkommazahlen um.</translation>
    </message>
    <message>
        <source>The file says in two ways where it lies, up to {distance:.1f} mm apart; SPA goes by its sform, 3D Slicer by its qform.</source>
        <translation>Die Datei sagt auf zwei Weisen, wo sie liegt, bis zu {distance:.1f} mm auseinander; SPA richtet sich nach sform, 3D Slicer nach qform.</translation>
    </message>
</context>
<context>
    <name>io.nrrd</name>
    <message>
        <source>its axes cannot be told apart; save it as a volume with three axes.</source>
        <translation>ihre Achsen sind nicht zu unterscheiden; speichern Sie sie als Volumen mit drei Achsen.</translation>
    </message>
    <message>
        <source>The file&apos;s space is &apos;{space}&apos;, not a patient&apos;s; it is taken as left, posterior, superior.</source>
        <translation>Der Raum der Datei ist &apos;{space}&apos;, nicht der eines Patienten; er wird als links, posterior, superior genommen.</translation>
    </message>
    <message>
        <source>its lengths are in &apos;{unit}&apos;, which is not known; save it in mm.</source>
        <translation>ihre Längen sind in &apos;{unit}&apos;, was nicht bekannt ist; speichern Sie sie in mm.</translation>
    </message>
    <message>
        <source>it has {count} axes that are none of space; save one volume of it.</source>
        <translation>sie hat {count} Achsen, die keine räumlichen sind; speichern Sie ein Volumen daraus.</translation>
    </message>
    <message>
        <source>its voxels are packed as &apos;{encoding}&apos;; save it with the encoding raw or gzip.</source>
        <translation>ihre Voxel sind als &apos;{encoding}&apos; gepackt; speichern Sie sie mit der Kodierung raw oder gzip.</translation>
    </message>
    <message>
        <source>its voxels are of the type &apos;{type}&apos;, which is no number.</source>
        <translation>ihre Voxel sind vom Typ &apos;{type}&apos;, was keine Zahl ist.</translation>
    </message>
    <message>
        <source>bytes are to be left out of its packed voxels; save it again.</source>
        <translation>aus ihren gepackten Voxeln sollen Bytes ausgelassen werden; speichern Sie sie noch einmal.</translation>
    </message>
</context>
<context>
    <name>io.picture</name>
    <message>
        <source>it is a TIFF file that is stored on its side; save it as PNG.</source>
        <translation>sie ist eine TIFF-Datei, die auf der Seite liegend gespeichert ist; speichern Sie sie als PNG.</translation>
    </message>
    <message>
        <source>it is damaged or not whole; copy or download it again.</source>
        <translation>sie ist beschädigt oder unvollständig; kopieren Sie sie oder laden Sie sie noch einmal herunter.</translation>
    </message>
    <message>
        <source>it has {count} pages; save each as a file of its own, or all as NIfTI or NRRD.</source>
        <translation>sie hat {count} Seiten; speichern Sie jede als eigene Datei, oder alle als NIfTI oder NRRD.</translation>
    </message>
    <message>
        <source>it has more than {count} million pixels; save a smaller part of it.</source>
        <translation>sie hat mehr als {count} Millionen Pixel; speichern Sie einen kleineren Ausschnitt.</translation>
    </message>
</context>
<context>
    <name>io.volumes</name>
    <message>
        <source>The file refers to another file; save it as one file (.nrrd, .nii.gz or .mha) and open that.</source>
        <translation>Die Datei verweist auf eine andere; speichern Sie sie als eine Datei (.nrrd, .nii.gz oder .mha), und öffnen Sie diese.</translation>
    </message>
    <message>
        <source>its axes are sheared, not orthogonal, which 3D Slicer does not show; resample it first.</source>
        <translation>ihre Achsen sind geschert, nicht rechtwinklig, was 3D Slicer nicht zeigt; rechnen Sie sie zuerst um.</translation>
    </message>
    <message>
        <source>none of its voxels has a value (all are NaN or infinite).</source>
        <translation>keines ihrer Voxel hat einen Wert (alle sind NaN oder unendlich).</translation>
    </message>
    <message>
        <source>{count} voxels are NaN or infinite; they count as the background of their slice.</source>
        <translation>{count} Voxel sind NaN oder unendlich; sie zählen als Hintergrund ihrer Schicht.</translation>
    </message>
    <message>
        <source>The {count} values of each voxel are taken for red, green and blue.</source>
        <translation>Die {count} Werte jedes Voxels werden als Rot, Grün und Blau genommen.</translation>
    </message>
    <message>
        <source>it has {count} values per voxel (time points, or components of a vector); choose one volume of it, on the command line with --component 1 to {count}.</source>
        <translation>sie hat {count} Werte je Voxel (Zeitpunkte oder Komponenten eines Vektors); wählen Sie ein Volumen daraus, auf der Kommandozeile mit --component 1 bis {count}.</translation>
    </message>
    <message>
        <source>&apos;{path}&apos; is a segmentation; give the image that it was drawn on.</source>
        <translation>&apos;{path}&apos; ist eine Segmentierung; geben Sie das Bild an, auf dem sie gezeichnet wurde.</translation>
    </message>
    <message>
        <source>&apos;{path}&apos; does not exist; check the path.</source>
        <translation>&apos;{path}&apos; gibt es nicht; prüfen Sie den Pfad.</translation>
    </message>
    <message>
        <source>&apos;{path}&apos; is not a segmentation with voxels.</source>
        <translation>&apos;{path}&apos; ist keine Segmentierung mit Voxeln.</translation>
    </message>
    <message>
        <source>The volume needs {size:.1f} GiB; the page takes up to {limit:.1f} GiB.</source>
        <translation>Das Volumen braucht {size:.1f} GiB; die Seite nimmt bis zu {limit:.1f} GiB.</translation>
    </message>
    <message>
        <source>its integers of 64 bits are too large ({low} to {high}); save them as differences from a smaller value.</source>
        <translation>ihre ganzen Zahlen von 64 Bit sind zu groß ({low} bis {high}); speichern Sie sie als Differenz zu einem kleineren Wert.</translation>
    </message>
    <message>
        <source>&apos;{path}&apos; is damaged or not a segmentation with voxels; save it again from Slicer.</source>
        <translation>&apos;{path}&apos; ist beschädigt oder keine Segmentierung mit Voxeln; speichern Sie sie noch einmal aus Slicer.</translation>
    </message>
    <message>
        <source>&apos;{path}&apos; cannot be read ({reason}).</source>
        <translation>&apos;{path}&apos; ist nicht lesbar ({reason}).</translation>
    </message>
    <message>
        <source>&apos;{path}&apos; is not a readable volume: {reason}</source>
        <translation>Die Datei &apos;{path}&apos; ist kein lesbares Volumen: {reason}</translation>
    </message>
    <message>
        <source>&apos;{path}&apos; needs more memory than there is.</source>
        <translation>&apos;{path}&apos; braucht mehr Speicher, als da ist.</translation>
    </message>
    <message>
        <source>it has no volume {number}; there are {count}.</source>
        <translation>sie hat kein Volumen {number}; es gibt {count}.</translation>
    </message>
    <message>
        <source>SPA reads NRRD, NIfTI, MetaImage (MHA), DICOM, PNG, JPEG, BMP and TIFF.</source>
        <translation>SPA liest NRRD, NIfTI, MetaImage (MHA), DICOM, PNG, JPEG, BMP und TIFF.</translation>
    </message>
    <message>
        <source>it is empty; copy or download it again.</source>
        <translation>sie ist leer; kopieren Sie sie oder laden Sie sie noch einmal herunter.</translation>
    </message>
    <message>
        <source>a mask has one value per voxel, this one has {count}.</source>
        <translation>eine Maske hat einen Wert je Voxel, diese hat {count}.</translation>
    </message>
</context>
<context>
    <name>io.voxels</name>
    <message>
        <source>it ends too early; copy or download it again.</source>
        <translation>sie endet zu früh; kopieren oder laden Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>its header asks for more memory than there is; it may be damaged.</source>
        <translation>ihr Kopf verlangt mehr Speicher, als da ist; sie ist vielleicht beschädigt.</translation>
    </message>
    <message>
        <source>its voxels are text that is no numbers; save it again.</source>
        <translation>ihre Voxel sind Text, der keine Zahlen ergibt; speichern Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>its voxels are packed and damaged; copy or download it again.</source>
        <translation>ihre Voxel sind gepackt und beschädigt; kopieren oder laden Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>its axes do not span a volume; the header is damaged, save it again.</source>
        <translation>ihre Achsen spannen kein Volumen auf; der Kopf ist beschädigt, speichern Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>its voxels are in other files ({name}), which are not there or several; save it as one file.</source>
        <translation>ihre Voxel liegen in anderen Dateien ({name}), die fehlen oder mehrere sind; speichern Sie alles in einer Datei.</translation>
    </message>
    <message>
        <source>it was given up before its end.</source>
        <translation>sie wurde vor ihrem Ende aufgegeben.</translation>
    </message>
    <message>
        <source>its header is damaged; save it again.</source>
        <translation>ihr Kopf ist beschädigt; speichern Sie sie noch einmal.</translation>
    </message>
</context>
<context>
    <name>model.card</name>
    <message>
        <source>{name} is not a model card of SPA.</source>
        <translation>{name} ist keine Modellkarte von SPA.</translation>
    </message>
    <message>
        <source>{name} has version {version!r}; this program reads {own}.</source>
        <translation>{name} hat die Version {version!r}; dieses Programm liest {own}.</translation>
    </message>
    <message>
        <source>{name} does not have the checksum that its card states (SHA-256 {found}... instead of {stated}...); it is damaged or belongs to another card. Copy both files again.</source>
        <translation>{name} hat nicht die Prüfsumme, die seine Karte nennt (SHA-256 {found}... statt {stated}...); die Datei ist beschädigt oder gehört zu einer anderen Karte. Kopieren Sie beide Dateien noch einmal.</translation>
    </message>
    <message>
        <source>{name} is not a model card: {error}</source>
        <translation>{name} ist keine Modellkarte: {error}</translation>
    </message>
    <message>
        <source>{name} is not a complete model card: {error}</source>
        <translation>{name} ist keine vollständige Modellkarte: {error}</translation>
    </message>
    <message>
        <source>{name} cannot be read: {reason}.</source>
        <translation>{name} ist nicht lesbar: {reason}.</translation>
    </message>
    <message>
        <source>{name} cannot be read in {folder}: {reason}.</source>
        <translation>{name} ist in {folder} nicht lesbar: {reason}.</translation>
    </message>
    <message>
        <source>The model card&apos;s calibration for volumes needs numbers by their names.</source>
        <translation>Die Kalibrierung der Modellkarte für Volumen braucht Zahlen bei ihren Namen.</translation>
    </message>
    <message>
        <source>&apos;{path}&apos; names no weights; give the .safetensors file, with its card beside it.</source>
        <translation>„{path}“ bezeichnet keine Gewichte; geben Sie die .safetensors-Datei an, neben der ihre Karte liegt.</translation>
    </message>
</context>
<context>
    <name>model.expected_dice</name>
    <message>
        <source>The model card&apos;s calibration holds numbers that are not finite.</source>
        <translation>Die Kalibrierung der Modellkarte enthält Zahlen, die nicht endlich sind.</translation>
    </message>
    <message>
        <source>The model card&apos;s calibration needs knots that rise.</source>
        <translation>Die Kalibrierung der Modellkarte braucht Stützstellen, die steigen.</translation>
    </message>
    <message>
        <source>The model card&apos;s calibration needs two numbers for expected_dice.</source>
        <translation>Die Kalibrierung der Modellkarte braucht zwei Zahlen für expected_dice.</translation>
    </message>
</context>
<context>
    <name>model.onnx_network</name>
    <message>
        <source>ONNX Runtime is installed but cannot be imported ({reason}); install it again: pip install --force-reinstall onnxruntime</source>
        <translation>ONNX Runtime ist installiert, lässt sich aber nicht importieren ({reason}); installieren Sie es noch einmal: pip install --force-reinstall onnxruntime</translation>
    </message>
    <message>
        <source>ONNX Runtime is not installed; install it: pip install onnxruntime</source>
        <translation>ONNX Runtime ist nicht installiert; installieren Sie es: pip install onnxruntime</translation>
    </message>
    <message>
        <source>The card of {name} names no ONNX graphs; write them with spa export, or install PyTorch.</source>
        <translation>Die Karte von {name} nennt keine ONNX-Graphen; schreiben Sie sie mit spa export, oder installieren Sie PyTorch.</translation>
    </message>
    <message>
        <source>ONNX Runtime {version} cannot run {name} ({reason}); install a newer one: pip install -U onnxruntime</source>
        <translation>ONNX Runtime {version} kann {name} nicht ausführen ({reason}); installieren Sie ein neueres: pip install -U onnxruntime</translation>
    </message>
</context>
<context>
    <name>model.use</name>
    <message>
        <source>There is no runtime {runtime!r}; there are {known}.</source>
        <translation>Es gibt keine Laufzeit {runtime!r}; es gibt {known}.</translation>
    </message>
</context>
<context>
    <name>model.weights</name>
    <message>
        <source>{name} is not the expected checkpoint (SHA-256 {found}... instead of {expected}...); download it again, or say that another file is wanted.</source>
        <translation>{name} ist nicht der erwartete Checkpoint (SHA-256 {found}... statt {expected}...); laden Sie ihn noch einmal herunter, oder geben Sie an, dass eine andere Datei gemeint ist.</translation>
    </message>
    <message>
        <source>{name} does not fit the network: missing {missing}; unknown {unknown}.</source>
        <translation>{name} passt nicht zum Netz: Es fehlen {missing}; unbekannt sind {unknown}.</translation>
    </message>
    <message>
        <source>{name} does not fit the network: shapes {shapes}.</source>
        <translation>{name} passt nicht zum Netz: Formen {shapes}.</translation>
    </message>
    <message>
        <source>{name} holds numbers that are not finite: {bad}.</source>
        <translation>{name} enthält Zahlen, die nicht endlich sind: {bad}.</translation>
    </message>
    <message>
        <source>{name} is not a valid safetensors file: {error}</source>
        <translation>{name} ist keine gültige safetensors-Datei: {error}</translation>
    </message>
    <message>
        <source>{name} describes an unknown architecture: {error}</source>
        <translation>{name} beschreibt eine unbekannte Architektur: {error}</translation>
    </message>
    <message>
        <source>{name} is not a PyTorch checkpoint of tensors: {error}</source>
        <translation>{name} ist kein PyTorch-Checkpoint aus Tensoren: {error}</translation>
    </message>
    <message>
        <source>{name} lacks {error} and is no SAM ViT-B checkpoint.</source>
        <translation>{name} fehlt {error}; es ist kein Checkpoint von SAM ViT-B.</translation>
    </message>
</context>
<context>
    <name>mrml.acceptance</name>
    <message>
        <source>The view has gone back to the slice of the masks; press again to accept.</source>
        <translation>Die Ansicht ist zur Schicht der Masken zurückgegangen; drücken Sie noch einmal, um zu übernehmen.</translation>
    </message>
    <message>
        <source>The accepted mask was taken back, and what SPA had learned from it.</source>
        <translation>Die übernommene Maske wurde zurückgenommen, und was SPA aus ihr gelernt hatte.</translation>
    </message>
    <message>
        <source>Show the slice of the masks, then accept.</source>
        <translation>Zeigen Sie die Schicht der Masken, dann übernehmen Sie.</translation>
    </message>
    <message>
        <source>The accepted mask is in the segment again.</source>
        <translation>Die übernommene Maske ist wieder im Segment.</translation>
    </message>
    <message>
        <source>The mask was accepted, but the profile was not kept: {problem}</source>
        <translation>Die Maske wurde übernommen, das Profil aber nicht gespeichert: {problem}</translation>
    </message>
</context>
<context>
    <name>mrml.controller</name>
    <message>
        <source>Accept or cancel the masks on screen first, then go to the next slice.</source>
        <translation>Übernehmen oder verwerfen Sie zuerst die gezeigten Masken, dann gehen Sie zur nächsten Schicht.</translation>
    </message>
    <message>
        <source>Accept a mask first; the next slice starts from it.</source>
        <translation>Übernehmen Sie zuerst eine Maske; die nächste Schicht geht von ihr aus.</translation>
    </message>
    <message>
        <source>The segment is empty on this slice; paint or threshold something first, or click.</source>
        <translation>Das Segment ist auf dieser Schicht leer; malen Sie zuerst etwas, setzen Sie einen Schwellenwert, oder klicken Sie.</translation>
    </message>
    <message>
        <source>SPA is still computing; wait for the masks or cancel.</source>
        <translation>SPA rechnet noch; warten Sie auf die Masken, oder brechen Sie ab.</translation>
    </message>
    <message>
        <source>There are no masks on screen; click on the structure first.</source>
        <translation>Es werden keine Masken gezeigt; klicken Sie zuerst auf die Struktur.</translation>
    </message>
    <message>
        <source>There is nothing of the segment here; click on one of its parts.</source>
        <translation>Hier ist nichts vom Segment; klicken Sie auf einen seiner Teile.</translation>
    </message>
    <message>
        <source>There is no mask {mask}; accept 0 to {last}.</source>
        <translation>Es gibt keine Maske {mask}; übernehmen Sie 0 bis {last}.</translation>
    </message>
</context>
<context>
    <name>mrml.conversation</name>
    <message>
        <source>The segment has {count} parts on this slice: click on one of them, or press again to take them all.</source>
        <translation>Das Segment hat auf dieser Schicht {count} Teile: Klicken Sie auf einen davon, oder drücken Sie noch einmal, um alle zu nehmen.</translation>
    </message>
    <message>
        <source>Accept or cancel the masks on screen first, then drag a box.</source>
        <translation>Übernehmen oder verwerfen Sie zuerst die gezeigten Masken, dann ziehen Sie einen Kasten.</translation>
    </message>
    <message>
        <source>Accept or cancel the masks on screen first, then start from the segment.</source>
        <translation>Übernehmen oder verwerfen Sie zuerst die gezeigten Masken, dann gehen Sie vom Segment aus.</translation>
    </message>
    <message>
        <source>Accept or cancel the masks on screen first, then go to the next slice.</source>
        <translation>Übernehmen oder verwerfen Sie zuerst die gezeigten Masken, dann gehen Sie zur nächsten Schicht.</translation>
    </message>
    <message>
        <source>Accept or cancel the masks on screen first, then redo.</source>
        <translation>Übernehmen oder verwerfen Sie zuerst die gezeigten Masken, dann wiederholen Sie.</translation>
    </message>
    <message>
        <source>Cancelled; the segment is as it was.</source>
        <translation>Abgebrochen; das Segment ist, wie es war.</translation>
    </message>
    <message>
        <source>Click on the structure first; {key}+click corrects the masks afterwards.</source>
        <translation>Klicken Sie zuerst auf die Struktur; {key}+Klick korrigiert die Masken danach.</translation>
    </message>
    <message>
        <source>Accept a mask first; the next slice starts from it.</source>
        <translation>Übernehmen Sie zuerst eine Maske; die nächste Schicht geht von ihr aus.</translation>
    </message>
    <message>
        <source>Accept or cancel the masks on this slice first; then all slices are applied.</source>
        <translation>Übernehmen oder verwerfen Sie zuerst die Masken auf dieser Schicht; dann werden alle Schichten angewendet.</translation>
    </message>
    <message>
        <source>Accept a mask first; then the next structure gets a segment of its own.</source>
        <translation>Übernehmen Sie zuerst eine Maske; dann bekommt die nächste Struktur ein eigenes Segment.</translation>
    </message>
    <message>
        <source>Click on the next structure; it goes into the new segment {name}.</source>
        <translation>Klicken Sie auf die nächste Struktur; sie kommt in das neue Segment {name}.</translation>
    </message>
</context>
<context>
    <name>mrml.course</name>
    <message>
        <source>Loading the network; the first time takes some seconds...</source>
        <translation>Das Netz wird geladen; das erste Mal dauert einige Sekunden …</translation>
    </message>
    <message>
        <source>Computing...</source>
        <translation>Wird berechnet …</translation>
    </message>
    <message>
        <source>SPA is still computing; wait for the masks or cancel.</source>
        <translation>SPA rechnet noch; warten Sie auf die Masken, oder brechen Sie ab.</translation>
    </message>
    <message>
        <source>The view shows another slice now; the masks were dropped. Click again.</source>
        <translation>Die Ansicht zeigt jetzt eine andere Schicht; die Masken wurden verworfen. Klicken Sie noch einmal.</translation>
    </message>
    <message>
        <source>{problem} The masks on screen were dropped.</source>
        <translation>{problem} Die gezeigten Masken wurden verworfen.</translation>
    </message>
</context>
<context>
    <name>mrml.editor</name>
    <message>
        <source>The segmentation has no undo history; open it in the editor again.</source>
        <translation>Die Segmentierung hat keinen Verlauf zum Rückgängigmachen; öffnen Sie sie noch einmal im Editor.</translation>
    </message>
    <message>
        <source>There is nothing to undo.</source>
        <translation>Es gibt nichts rückgängig zu machen.</translation>
    </message>
    <message>
        <source>There is nothing to redo.</source>
        <translation>Es gibt nichts zu wiederholen.</translation>
    </message>
</context>
<context>
    <name>mrml.frame</name>
    <message>
        <source>The click lies outside the volume; click inside the image.</source>
        <translation>Der Klick liegt außerhalb des Volumens; klicken Sie in das Bild.</translation>
    </message>
    <message>
        <source>There is no volume to segment; load and select a scalar volume.</source>
        <translation>Es gibt kein Volumen zu segmentieren; laden und wählen Sie ein skalares Volumen.</translation>
    </message>
    <message>
        <source>The volume is a label map; select the image that it was drawn on.</source>
        <translation>Das Volumen ist eine Labelkarte; wählen Sie das Bild, auf dem sie gezeichnet wurde.</translation>
    </message>
    <message>
        <source>The image was replaced by another one.</source>
        <translation>Das Bild wurde durch ein anderes ersetzt.</translation>
    </message>
    <message>
        <source>The click is on another slice; go back to the slice of the candidates, or cancel them.</source>
        <translation>Der Klick liegt auf einer anderen Schicht; gehen Sie zur Schicht der Kandidaten zurück, oder verwerfen Sie diese.</translation>
    </message>
    <message>
        <source>The click is on empty background; click on the structure, or drag a box around it if it is dark.</source>
        <translation>Der Klick liegt auf leerem Hintergrund; klicken Sie auf die Struktur, oder ziehen Sie einen Kasten um sie, falls sie dunkel ist.</translation>
    </message>
    <message>
        <source>The box is on another slice; drag it on the slice of the candidates, or cancel them.</source>
        <translation>Der Kasten liegt auf einer anderen Schicht; ziehen Sie ihn auf der Schicht der Kandidaten, oder verwerfen Sie diese.</translation>
    </message>
    <message>
        <source>The volume has no further slice in this direction.</source>
        <translation>Das Volumen hat in dieser Richtung keine weitere Schicht.</translation>
    </message>
    <message>
        <source>The image of the volume was replaced by one of another size; click again.</source>
        <translation>Das Bild des Volumens wurde durch eines anderer Größe ersetzt; klicken Sie noch einmal.</translation>
    </message>
    <message>
        <source>The volume was moved, or its spacing was changed; click again.</source>
        <translation>Das Volumen wurde verschoben, oder sein Voxelabstand wurde geändert; klicken Sie noch einmal.</translation>
    </message>
    <message>
        <source>The volume has {count} values per voxel that are no colours; take one of them, in 3D Slicer with the module Vector to Scalar Volume.</source>
        <translation>Das Volumen hat {count} Werte je Voxel, die keine Farben sind; nehmen Sie einen davon, in 3D Slicer mit dem Modul Vector to Scalar Volume.</translation>
    </message>
    <message>
        <source>Seen from this side the image is a line of pixels; click where it is seen as a whole.</source>
        <translation>Von dieser Seite gesehen ist das Bild eine Linie aus Pixeln; klicken Sie dort, wo es als Ganzes zu sehen ist.</translation>
    </message>
</context>
<context>
    <name>mrml.grid</name>
    <message>
        <source>The volume or segmentation is under a non-linear transform; harden the transform on it first (right-click it in the Data module).</source>
        <translation>Auf dem Volumen oder der Segmentierung liegt eine nichtlineare Transformation; wenden Sie sie zuerst fest an (Rechtsklick im Modul Data, Harden transform).</translation>
    </message>
    <message>
        <source>The volume holds no image; load or select another one.</source>
        <translation>Das Volumen enthält kein Bild; laden oder wählen Sie ein anderes.</translation>
    </message>
    <message>
        <source>The segmentation is made of surfaces; make binary labelmap its source representation first (Segmentations module, Representations).</source>
        <translation>Die Segmentierung besteht aus Oberflächen; machen Sie zuerst Binary labelmap zur Quelldarstellung (Modul Segmentations, Representations).</translation>
    </message>
    <message>
        <source>The segment to write into does not exist any more; select a segment.</source>
        <translation>Das Segment, in das geschrieben werden soll, gibt es nicht mehr; wählen Sie ein Segment.</translation>
    </message>
</context>
<context>
    <name>mrml.passage</name>
    <message>
        <source>Does the structure reach this slice? Click on it if it does; else press E, so that it ends here.</source>
        <translation>Reicht die Struktur bis zu dieser Schicht? Wenn ja, klicken Sie auf sie; sonst drücken Sie E, damit sie hier endet.</translation>
    </message>
    <message>
        <source>SPA goes through the volume; Esc stops.</source>
        <translation>SPA geht durch das Volumen; Esc hält an.</translation>
    </message>
    <message>
        <source>Where does the structure end? Press E on the first slice without it, or click where it goes on.</source>
        <translation>Wo endet die Struktur? Drücken Sie E auf der ersten Schicht ohne sie, oder klicken Sie, wo sie weitergeht.</translation>
    </message>
    <message>
        <source>Accept or cancel the masks on screen first, then go through the volume.</source>
        <translation>Übernehmen oder verwerfen Sie zuerst die gezeigten Masken, dann gehen Sie durch das Volumen.</translation>
    </message>
    <message>
        <source>Accept a mask on a slice first; going through the volume starts from it.</source>
        <translation>Übernehmen Sie zuerst auf einer Schicht eine Maske; der Weg durch das Volumen beginnt bei ihr.</translation>
    </message>
    <message>
        <source>There is no slice left to ask about; Enter applies.</source>
        <translation>Es ist keine Schicht mehr zu klären; Enter wendet an.</translation>
    </message>
    <message>
        <source>Stopped; Through the volume goes on, Esc drops what was found.</source>
        <translation>Angehalten; Durch das Volumen macht weiter, Esc verwirft das Gefundene.</translation>
    </message>
    <message>
        <source>Cancelled; the segment is as it was.</source>
        <translation>Abgebrochen; das Segment ist, wie es war.</translation>
    </message>
    <message>
        <source>Accept a mask on a slice and go through the volume first.</source>
        <translation>Übernehmen Sie zuerst auf einer Schicht eine Maske, und gehen Sie durch das Volumen.</translation>
    </message>
    <message>
        <source>No accepted mask is left in the segment; what was found in the volume was dropped.</source>
        <translation>Im Segment ist keine übernommene Maske mehr; was im Volumen gefunden wurde, wurde verworfen.</translation>
    </message>
    <message>
        <source>Going through the volume was stopped; press Through the volume once more, then apply.</source>
        <translation>Der Weg durch das Volumen wurde angehalten; drücken Sie noch einmal Durch das Volumen, dann wenden Sie an.</translation>
    </message>
    <message>
        <source>SPA found nothing in the volume; accept a mask on a slice first.</source>
        <translation>SPA hat im Volumen nichts gefunden; übernehmen Sie zuerst auf einer Schicht eine Maske.</translation>
    </message>
    <message>
        <source>Accept or cancel the masks on screen first.</source>
        <translation>Übernehmen oder verwerfen Sie zuerst die gezeigten Masken.</translation>
    </message>
    <message>
        <source>{problem} What SPA has found in the volume was dropped.</source>
        <translation>{problem} Was SPA im Volumen gefunden hat, wurde verworfen.</translation>
    </message>
</context>
<context>
    <name>mrml.plane</name>
    <message>
        <source>The normal of a plane is three numbers R,A,S that are not all zero.</source>
        <translation>Die Normale einer Ebene besteht aus drei Zahlen R,A,S, die nicht alle null sind.</translation>
    </message>
    <message>
        <source>The plane is one of {names} or a normal R,A,S, not &apos;{name}&apos;.</source>
        <translation>Die Ebene ist eine von {names} oder eine Normale R,A,S, nicht &apos;{name}&apos;.</translation>
    </message>
    <message>
        <source>&apos;{text}&apos; is not a normal; write three numbers R,A,S.</source>
        <translation>&apos;{text}&apos; ist keine Normale; schreiben Sie drei Zahlen R,A,S.</translation>
    </message>
</context>
<context>
    <name>mrml.sampling</name>
    <message>
        <source>The slice plane does not meet the volume; choose a slice that shows the image.</source>
        <translation>Die Schichtebene trifft das Volumen nicht; wählen Sie eine Schicht, die das Bild zeigt.</translation>
    </message>
</context>
<context>
    <name>mrml.segmentation</name>
    <message>
        <source>No segment can be added to this scene; open the scene through SPASegmentLib.mrml.scene.</source>
        <translation>Dieser Szene lässt sich kein Segment hinzufügen; öffnen Sie die Szene über SPASegmentLib.mrml.scene.</translation>
    </message>
</context>
<context>
    <name>mrml.stack</name>
    <message>
        <source>The volume has no further slice in this direction.</source>
        <translation>Das Volumen hat in dieser Richtung keine weitere Schicht.</translation>
    </message>
    <message>
        <source>SPA goes through the volume in another direction; work in the view that shows its slices, or apply or cancel first.</source>
        <translation>SPA geht in einer anderen Richtung durch das Volumen; arbeiten Sie in der Ansicht, die deren Schichten zeigt, oder wenden Sie zuerst an oder brechen ab.</translation>
    </message>
</context>
<context>
    <name>mrml.texts</name>
    <message>
        <source>Round {round} of {rounds}</source>
        <translation>Runde {round} von {rounds}</translation>
    </message>
    <message>
        <source>another round will change little</source>
        <translation>eine weitere Runde wird wenig ändern</translation>
    </message>
    <message>
        <source>All predictions agree on this mask. Enter accepts it; a click says what is missing.</source>
        <translation>Alle Vorhersagen stimmen in dieser Maske überein. Enter übernimmt sie; ein Klick sagt, was fehlt.</translation>
    </message>
    <message>
        <source>Recommended mask. Enter accepts it; 1 chooses the other one.</source>
        <translation>Empfohlene Maske. Enter übernimmt sie; 1 wählt die andere.</translation>
    </message>
    <message>
        <source>{index}: {difference}. Press {index} to go on from it, Enter to accept it.</source>
        <translation>{index}: {difference}. Mit {index} von ihr aus weitermachen, mit Enter übernehmen.</translation>
    </message>
    <message>
        <source>{percent} %</source>
        <translation>{percent} %</translation>
    </message>
    <message>
        <source>Accepted: {area} on this slice. Go on with the next slice, or click another structure.</source>
        <translation>Übernommen: {area} auf dieser Schicht. Machen Sie mit der nächsten Schicht weiter, oder klicken Sie auf eine andere Struktur.</translation>
    </message>
    <message>
        <source>Recommended mask. Enter accepts it; 1 to {count} choose a better one.</source>
        <translation>Empfohlene Maske. Enter übernimmt sie; 1 bis {count} wählen eine bessere.</translation>
    </message>
    <message>
        <source>Accepted: {written} of {area}; {there} were there already, and the masking settings kept the rest out.</source>
        <translation>Übernommen: {written} von {area}; {there} waren schon da, den Rest hielten die Maskierungseinstellungen heraus.</translation>
    </message>
    <message>
        <source>Accepted: the segment holds these {area} already.</source>
        <translation>Übernommen: Das Segment enthält diese {area} schon.</translation>
    </message>
    <message>
        <source>Accepted: {held} of {area} are in the segment, those that were there already included; the masking settings kept the rest out.</source>
        <translation>Übernommen: {held} von {area} sind im Segment, die schon vorhandenen eingeschlossen; den Rest hielten die Maskierungseinstellungen heraus.</translation>
    </message>
    <message>
        <source>Accepted: {written} of {area}; the masking settings kept the rest out.</source>
        <translation>Übernommen: {written} von {area}; den Rest hielten die Maskierungseinstellungen heraus.</translation>
    </message>
    <message>
        <source>This looks unfamiliar: a box around the structure is surer than a click, or correct by clicks.</source>
        <translation>Das sieht ungewohnt aus: Ein Kasten um die Struktur ist sicherer als ein Klick, oder korrigieren Sie durch Klicks.</translation>
    </message>
    <message>
        <source>The recommended mask should agree with yours to about {percent} %.</source>
        <translation>Die empfohlene Maske dürfte mit Ihrer zu etwa {percent} % übereinstimmen.</translation>
    </message>
    <message>
        <source>No view shows the slices that SPA goes through; turn one to their direction.</source>
        <translation>Keine Ansicht zeigt die Schichten, durch die SPA geht; drehen Sie eine in ihre Richtung.</translation>
    </message>
    <message>
        <source>{area} of it were taken from {count} other segments.</source>
        <translation>{area} davon wurden {count} anderen Segmenten genommen.</translation>
    </message>
    <message>
        <source>{area} of it were taken from {name}.</source>
        <translation>{area} davon wurden {name} genommen.</translation>
    </message>
    <message>
        <source>Accepted: {area}. Click on another structure to go on.</source>
        <translation>Übernommen: {area}. Klicken Sie auf eine andere Struktur, um fortzufahren.</translation>
    </message>
</context>
<context>
    <name>mrml.volume_texts</name>
    <message>
        <source>SPA found nothing in the volume; accept a mask on another slice.</source>
        <translation>SPA hat im Volumen nichts gefunden; übernehmen Sie auf einer anderen Schicht eine Maske.</translation>
    </message>
    <message>
        <source>Going through the volume: {done} of {to_do} slices; Esc stops.</source>
        <translation>Auf dem Weg durch das Volumen: {done} von {to_do} Schichten; Esc hält an.</translation>
    </message>
    <message>
        <source>All together should agree with yours to about {percent} %.</source>
        <translation>Alle zusammen dürften mit Ihren zu etwa {percent} % übereinstimmen.</translation>
    </message>
    <message>
        <source>Applied: {extent}</source>
        <translation>Angewendet: {extent}</translation>
    </message>
    <message>
        <source>The masking settings kept some of it out.</source>
        <translation>Einen Teil hielten die Maskierungseinstellungen heraus.</translation>
    </message>
    <message>
        <source>one slice.</source>
        <translation>eine Schicht.</translation>
    </message>
    <message>
        <source>{count} slices, {mm} mm.</source>
        <translation>{count} Schichten, {mm} mm.</translation>
    </message>
    <message>
        <source>One slice is doubtful: N goes there, Enter applies.</source>
        <translation>Eine Schicht ist zweifelhaft: N geht hin, Enter wendet an.</translation>
    </message>
    <message>
        <source>No slice is doubtful; Enter applies.</source>
        <translation>Keine Schicht ist zweifelhaft; Enter wendet an.</translation>
    </message>
    <message>
        <source>{count} slices.</source>
        <translation>{count} Schichten.</translation>
    </message>
    <message>
        <source>{count} slices are doubtful: N goes to the next one, Enter applies.</source>
        <translation>{count} Schichten sind zweifelhaft: N geht zur nächsten, Enter wendet an.</translation>
    </message>
    <message>
        <source>one slice, {mm} mm.</source>
        <translation>eine Schicht, {mm} mm.</translation>
    </message>
    <message>
        <source>{count} slices are doubtful, also beyond its ends: N goes to the next one, Enter applies.</source>
        <translation>{count} Schichten sind zweifelhaft, auch jenseits der Enden: N geht zur nächsten, Enter wendet an.</translation>
    </message>
    <message>
        <source>Some of it was taken from {name}.</source>
        <translation>Ein Teil davon wurde {name} genommen.</translation>
    </message>
    <message>
        <source>Some of it was taken from {count} other segments.</source>
        <translation>Ein Teil davon wurde {count} anderen Segmenten genommen.</translation>
    </message>
    <message>
        <source>SPA goes through the slices of the mask accepted last; masks accepted in other directions stay in the segment, but do not count here ({counts}).</source>
        <translation>SPA geht die Schichten der zuletzt übernommenen Maske durch; Masken, die in anderen Richtungen übernommen wurden, bleiben im Segment, zählen hier aber nicht ({counts}).</translation>
    </message>
    <message>
        <source>axial</source>
        <translation>axial</translation>
    </message>
    <message>
        <source>coronal</source>
        <translation>koronal</translation>
    </message>
    <message>
        <source>sagittal</source>
        <translation>sagittal</translation>
    </message>
    <message>
        <source>oblique</source>
        <translation>schräg</translation>
    </message>
</context>
<context>
    <name>mrml.volume_work</name>
    <message>
        <source>This is the only slice with an accepted mask; accept one on another slice first.</source>
        <translation>Dies ist die einzige Schicht mit einer übernommenen Maske; übernehmen Sie zuerst eine auf einer anderen Schicht.</translation>
    </message>
</context>
<context>
    <name>mrml.volumes</name>
    <message>
        <source>The volume has the same value in all voxels; give an image that shows something.</source>
        <translation>Das Volumen hat in allen Voxeln denselben Wert; geben Sie ein Bild an, das etwas zeigt.</translation>
    </message>
    <message>
        <source>The volume may be a label map (it has at most {count} different whole numbers); if it is one, give the image that it was drawn on.</source>
        <translation>Das Volumen ist vielleicht eine Labelkarte (es hat höchstens {count} verschiedene ganze Zahlen); wenn ja, geben Sie das Bild an, auf dem sie gezeichnet wurde.</translation>
    </message>
    <message>
        <source>A volume is an array (k, j, i) of real numbers, not {shape} of {dtype}.</source>
        <translation>Ein Volumen ist ein Feld (k, j, i) reeller Zahlen, nicht {shape} aus {dtype}.</translation>
    </message>
    <message>
        <source>The volume has {count} values per voxel; SPA needs one, or red-green-blue.</source>
        <translation>Das Volumen hat {count} Werte je Voxel; SPA braucht einen, oder Rot-Grün-Blau.</translation>
    </message>
    <message>
        <source>The volume cannot be used: {reason}</source>
        <translation>Das Volumen ist nicht verwendbar: {reason}</translation>
    </message>
</context>
<context>
    <name>mrml.writer</name>
    <message>
        <source>The masking settings of the Segment Editor let no voxel of this mask through; nothing was written.</source>
        <translation>Die Maskierungseinstellungen des Segment Editors lassen kein Voxel dieser Maske durch; nichts wurde geschrieben.</translation>
    </message>
    <message>
        <source>The mask is empty here; choose another one.</source>
        <translation>Die Maske ist hier leer; wählen Sie eine andere.</translation>
    </message>
    <message>
        <source>A part of this mask is in the segment already, and the masking settings of the Segment Editor let no voxel of the rest through; nothing was written.</source>
        <translation>Ein Teil dieser Maske ist schon im Segment, und vom Rest lassen die Maskierungseinstellungen des Segment Editors kein Voxel durch; nichts wurde geschrieben.</translation>
    </message>
    <message>
        <source>Slicer did not write the mask as it should have; the segmentation is as it was.</source>
        <translation>Slicer hat die Maske nicht geschrieben, wie es sollte; die Segmentierung ist, wie sie war.</translation>
    </message>
    <message>
        <source>Slicer changed voxels beside the mask; the segmentation is as it was.</source>
        <translation>Slicer hat Voxel neben der Maske geändert; die Segmentierung ist, wie sie war.</translation>
    </message>
    <message>
        <source>The mask could not be written; the segmentation is as it was.</source>
        <translation>Die Maske ließ sich nicht schreiben; die Segmentierung ist, wie sie war.</translation>
    </message>
    <message>
        <source>The write mode is one of {modes}, not &apos;{mode}&apos;.</source>
        <translation>Der Schreibmodus ist einer von {modes}, nicht &apos;{mode}&apos;.</translation>
    </message>
    <message>
        <source>The mask has the size {mask}, the frame {frame}; they must agree.</source>
        <translation>Die Maske hat die Größe {mask}, das Einzelbild {frame}; beide müssen übereinstimmen.</translation>
    </message>
    <message>
        <source>Slicer changed another segment; the segmentation is as it was.</source>
        <translation>Slicer hat ein anderes Segment geändert; die Segmentierung ist, wie sie war.</translation>
    </message>
</context>
<context>
    <name>viewer.app</name>
    <message>
        <source>Making the phantom</source>
        <translation>Das Phantom wird erzeugt</translation>
    </message>
    <message>
        <source>There is no such view.</source>
        <translation>Eine solche Ansicht gibt es nicht.</translation>
    </message>
    <message>
        <source>Accept or cancel the masks on screen first, then change profiles.</source>
        <translation>Übernehmen oder verwerfen Sie zuerst die gezeigten Masken, dann wechseln Sie das Profil.</translation>
    </message>
    <message>
        <source>Accept or cancel the masks on screen first, then select another segment.</source>
        <translation>Übernehmen oder verwerfen Sie zuerst die gezeigten Masken, dann wählen Sie ein anderes Segment.</translation>
    </message>
    <message>
        <source>Accept or cancel the masks on screen first, then add segments.</source>
        <translation>Übernehmen oder verwerfen Sie zuerst die gezeigten Masken, dann fügen Sie Segmente hinzu.</translation>
    </message>
    <message>
        <source>Accept or cancel the masks on screen first, then delete segments.</source>
        <translation>Übernehmen oder verwerfen Sie zuerst die gezeigten Masken, dann löschen Sie Segmente.</translation>
    </message>
    <message>
        <source>Undone.</source>
        <translation>Rückgängig gemacht.</translation>
    </message>
    <message>
        <source>Done again.</source>
        <translation>Wiederholt.</translation>
    </message>
    <message>
        <source>Open a volume first.</source>
        <translation>Öffnen Sie zuerst ein Volumen.</translation>
    </message>
    <message>
        <source>Cannot listen on {host}:{port} ({reason}); choose another --port or --host.</source>
        <translation>Auf {host}:{port} lässt sich nicht hören ({reason}); wählen Sie --port oder --host anders.</translation>
    </message>
    <message>
        <source>Apply or drop what was found in the volume first, then save.</source>
        <translation>Wenden Sie erst an, was im Volumen gefunden wurde, oder verwerfen Sie es; dann speichern Sie.</translation>
    </message>
    <message>
        <source>Accept or cancel the masks on screen first, then save.</source>
        <translation>Übernehmen oder verwerfen Sie zuerst die gezeigten Masken, dann speichern Sie.</translation>
    </message>
</context>
<context>
    <name>viewer.arrivals</name>
    <message>
        <source>The segmentation has changed while the file was read, which was not opened; save, then open it.</source>
        <translation>Die Segmentierung hat sich geändert, während die Datei gelesen wurde, die deshalb nicht geöffnet wurde; speichern Sie, dann öffnen Sie die Datei.</translation>
    </message>
</context>
<context>
    <name>viewer.facts</name>
    <message>
        <source>Nothing learned yet.</source>
        <translation>Noch nichts gelernt.</translation>
    </message>
    <message>
        <source>{count} accepted: {preference}.</source>
        <translation>{count} übernommen: {preference}.</translation>
    </message>
    <message>
        <source>Computing masks</source>
        <translation>Masken werden berechnet</translation>
    </message>
</context>
<context>
    <name>viewer.guard</name>
    <message>
        <source>This page belongs to another site.</source>
        <translation>Diese Seite gehört zu einer anderen Website.</translation>
    </message>
    <message>
        <source>Another site asks for this; open the viewer by its own address.</source>
        <translation>Eine andere Website fragt danach; öffnen Sie den Viewer über seine eigene Adresse.</translation>
    </message>
    <message>
        <source>Open the address that the viewer printed when it started, with its token.</source>
        <translation>Öffnen Sie die Adresse, die der Viewer beim Start ausgegeben hat, mit ihrem Token.</translation>
    </message>
    <message>
        <source>The viewer listens on this computer only; open it as 127.0.0.1.</source>
        <translation>Der Viewer hört nur auf diesem Rechner; öffnen Sie ihn als 127.0.0.1.</translation>
    </message>
</context>
<context>
    <name>viewer.page</name>
    <message>
        <source>no volume</source>
        <translation>kein Volumen</translation>
    </message>
    <message>
        <source>Open file</source>
        <translation>Datei öffnen</translation>
    </message>
    <message>
        <source>A built-in volume to try SPA on</source>
        <translation>Ein eingebautes Volumen zum Ausprobieren</translation>
    </message>
    <message>
        <source>Phantom</source>
        <translation>Phantom</translation>
    </message>
    <message>
        <source>Undo (Ctrl+Z)</source>
        <translation>Rückgängig (Strg+Z)</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo (Ctrl+Y)</source>
        <translation>Wiederholen (Strg+Y)</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Download the segmentation for 3D Slicer</source>
        <translation>Die Segmentierung für 3D Slicer herunterladen</translation>
    </message>
    <message>
        <source>Save .seg.nrrd</source>
        <translation>.seg.nrrd sichern</translation>
    </message>
    <message>
        <source>Download the segmentation as a label map</source>
        <translation>Die Segmentierung als Labelkarte herunterladen</translation>
    </message>
    <message>
        <source>Save .nii.gz</source>
        <translation>.nii.gz sichern</translation>
    </message>
    <message>
        <source>Views</source>
        <translation>Ansichten</translation>
    </message>
    <message>
        <source>{name} view</source>
        <translation>Ansicht {name}</translation>
    </message>
    <message>
        <source>{name} slice position in mm</source>
        <translation>{name}, Schichtposition in mm</translation>
    </message>
    <message>
        <source>Zoom in, {name}</source>
        <translation>Vergrößern, {name}</translation>
    </message>
    <message>
        <source>Zoom out, {name}</source>
        <translation>Verkleinern, {name}</translation>
    </message>
    <message>
        <source>Enlarge {name}</source>
        <translation>{name} groß zeigen</translation>
    </message>
    <message>
        <source>{name} slice: the arrow keys move a cross, Space clicks there, Control and Space says that it does not belong</source>
        <translation>Schicht {name}: Die Pfeiltasten bewegen ein Kreuz, die Leertaste klickt dort, Strg und Leertaste sagt, dass es nicht dazugehört</translation>
    </message>
    <message>
        <source>3D view</source>
        <translation>3D-Ansicht</translation>
    </message>
    <message>
        <source>Drag to turn</source>
        <translation>Ziehen zum Drehen</translation>
    </message>
    <message>
        <source>Masks</source>
        <translation>Masken</translation>
    </message>
    <message>
        <source>Open a volume, or try the phantom.</source>
        <translation>Öffnen Sie ein Volumen, oder probieren Sie das Phantom.</translation>
    </message>
    <message>
        <source>Click on a structure in a slice, or drag a box around it.</source>
        <translation>Klicken Sie in einer Schicht auf eine Struktur, oder ziehen Sie einen Kasten um sie.</translation>
    </message>
    <message>
        <source>No weights fit: paint in another program, or start from what the segment holds.</source>
        <translation>Keine Gewichte passen: Malen Sie in einem anderen Programm, oder gehen Sie von dem aus, was das Segment enthält.</translation>
    </message>
    <message>
        <source>Choose mask {index}: {text}, {area}</source>
        <translation>Maske {index} wählen: {text}, {area}</translation>
    </message>
    <message>
        <source>Accept the recommended mask, {area}</source>
        <translation>Die empfohlene Maske übernehmen, {area}</translation>
    </message>
    <message>
        <source>Accept mask {index}</source>
        <translation>Maske {index} übernehmen</translation>
    </message>
    <message>
        <source>Accept the recommended mask</source>
        <translation>Die empfohlene Maske übernehmen</translation>
    </message>
    <message>
        <source>Accept</source>
        <translation>Übernehmen</translation>
    </message>
    <message>
        <source>Controls</source>
        <translation>Bedienung</translation>
    </message>
    <message>
        <source>Dismiss the message</source>
        <translation>Meldung schließen</translation>
    </message>
    <message>
        <source>Ready.</source>
        <translation>Bereit.</translation>
    </message>
    <message>
        <source>Session</source>
        <translation>Sitzung</translation>
    </message>
    <message>
        <source>Back (Backspace)</source>
        <translation>Zurück (Rücktaste)</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Cancel (Esc)</source>
        <translation>Abbrechen (Esc)</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Forget all answers on this slice</source>
        <translation>Alle Antworten auf dieser Schicht vergessen</translation>
    </message>
    <message>
        <source>Start over</source>
        <translation>Neu beginnen</translation>
    </message>
    <message>
        <source>Clicks say: does not belong</source>
        <translation>Klicks sagen: gehört nicht dazu</translation>
    </message>
    <message>
        <source>Show uncertainty</source>
        <translation>Unsicherheit zeigen</translation>
    </message>
    <message>
        <source>Slice before</source>
        <translation>Schicht davor</translation>
    </message>
    <message>
        <source>Continue on the slice before (Page Down)</source>
        <translation>Auf der Schicht davor weitermachen (Bild ab)</translation>
    </message>
    <message>
        <source>← Slice</source>
        <translation>← Schicht</translation>
    </message>
    <message>
        <source>Next slice</source>
        <translation>Nächste Schicht</translation>
    </message>
    <message>
        <source>Continue on the next slice (Page Up)</source>
        <translation>Auf der nächsten Schicht weitermachen (Bild auf)</translation>
    </message>
    <message>
        <source>Slice →</source>
        <translation>Schicht →</translation>
    </message>
    <message>
        <source>Start from the segment</source>
        <translation>Vom Segment ausgehen</translation>
    </message>
    <message>
        <source>Segments</source>
        <translation>Segmente</translation>
    </message>
    <message>
        <source>Write into {name}</source>
        <translation>In {name} schreiben</translation>
    </message>
    <message>
        <source>Colour of {name}</source>
        <translation>Farbe von {name}</translation>
    </message>
    <message>
        <source>Name of {name}</source>
        <translation>Name von {name}</translation>
    </message>
    <message>
        <source>Delete {name}</source>
        <translation>{name} löschen</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Hinzufügen</translation>
    </message>
    <message>
        <source>What accepting does to the segment on this slice</source>
        <translation>Was Übernehmen mit dem Segment auf dieser Schicht macht</translation>
    </message>
    <message>
        <source>Accepting adds</source>
        <translation>Übernehmen ergänzt</translation>
    </message>
    <message>
        <source>Accepting replaces</source>
        <translation>Übernehmen ersetzt</translation>
    </message>
    <message>
        <source>dark</source>
        <translation>dunkel</translation>
    </message>
    <message>
        <source>bright</source>
        <translation>hell</translation>
    </message>
    <message>
        <source>Show the whole volume (F)</source>
        <translation>Das ganze Volumen zeigen (F)</translation>
    </message>
    <message>
        <source>Show all</source>
        <translation>Alles zeigen</translation>
    </message>
    <message>
        <source>The surfaces of the segments; takes time without a graphics card</source>
        <translation>Die Oberflächen der Segmente; dauert ohne Grafikkarte</translation>
    </message>
    <message>
        <source>Your preference</source>
        <translation>Ihre Vorliebe</translation>
    </message>
    <message>
        <source>Profile in use</source>
        <translation>Profil in Gebrauch</translation>
    </message>
    <message>
        <source>A new, empty profile</source>
        <translation>Ein neues, leeres Profil</translation>
    </message>
    <message>
        <source>New</source>
        <translation>Neu</translation>
    </message>
    <message>
        <source>Name, file, reset</source>
        <translation>Name, Datei, Zurücksetzen</translation>
    </message>
    <message>
        <source>Name of the profile in use</source>
        <translation>Name des Profils in Gebrauch</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>Importieren</translation>
    </message>
    <message>
        <source>Forget what was learned, keep the profile</source>
        <translation>Gelerntes vergessen, das Profil behalten</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>Zurücksetzen</translation>
    </message>
    <message>
        <source>Delete this profile</source>
        <translation>Dieses Profil löschen</translation>
    </message>
    <message>
        <source>Forget</source>
        <translation>Vergessen</translation>
    </message>
    <message>
        <source>Profiles are kept until the viewer ends; export them to keep them. They hold numbers, nothing of an image.</source>
        <translation>Profile bleiben, bis der Viewer endet; exportieren Sie sie, um sie zu behalten. Sie enthalten Zahlen, nichts von einem Bild.</translation>
    </message>
    <message>
        <source>For research; not a medical device. One user at a time.</source>
        <translation>Für die Forschung; kein Medizinprodukt. Ein Benutzer zur selben Zeit.</translation>
    </message>
    <message>
        <source>The viewer cannot be reached; look at the terminal where it was started.</source>
        <translation>Der Viewer ist nicht zu erreichen; sehen Sie in das Terminal, in dem er gestartet wurde.</translation>
    </message>
    <message>
        <source>The segmentation has not been saved. Open another volume and lose it?</source>
        <translation>Die Segmentierung ist nicht gesichert. Ein anderes Volumen öffnen und sie verlieren?</translation>
    </message>
    <message>
        <source>The viewer has ended, or cannot be reached.</source>
        <translation>Der Viewer ist beendet oder nicht zu erreichen.</translation>
    </message>
    <message>
        <source>Reload</source>
        <translation>Neu laden</translation>
    </message>
    <message>
        <source>Something smaller than the recommended mask is meant (−, or Shift and the wheel)</source>
        <translation>Gemeint ist etwas Kleineres als die empfohlene Maske (− oder Umschalt und Mausrad)</translation>
    </message>
    <message>
        <source>Smaller</source>
        <translation>Kleiner</translation>
    </message>
    <message>
        <source>Go on from the recommended mask: finer differences from it (0)</source>
        <translation>Von der empfohlenen Maske aus weitermachen: feinere Unterschiede zu ihr (0)</translation>
    </message>
    <message>
        <source>More like ★</source>
        <translation>Ähnlich wie ★</translation>
    </message>
    <message>
        <source>Something larger than the recommended mask is meant (+, or Shift and the wheel)</source>
        <translation>Gemeint ist etwas Größeres als die empfohlene Maske (+ oder Umschalt und Mausrad)</translation>
    </message>
    <message>
        <source>Larger</source>
        <translation>Größer</translation>
    </message>
    <message>
        <source>White: accepted; blue: sure; orange: doubtful; edge: in view</source>
        <translation>Weiß: übernommen; blau: sicher; orange: zweifelhaft; Rand: im Bild</translation>
    </message>
    <message>
        <source>All slices of the volume: &lt;b&gt;N&lt;/b&gt; goes to the next doubtful one, a click visits the slice in view, &lt;b&gt;E&lt;/b&gt; says that it ends here, &lt;b&gt;Enter&lt;/b&gt; applies, &lt;b&gt;Esc&lt;/b&gt; drops them.</source>
        <translation>Alle Schichten des Volumens: &lt;b&gt;N&lt;/b&gt; geht zur nächsten zweifelhaften, ein Klick besucht die gezeigte Schicht, &lt;b&gt;E&lt;/b&gt; sagt, dass es hier endet, &lt;b&gt;Enter&lt;/b&gt; wendet an, &lt;b&gt;Esc&lt;/b&gt; verwirft sie.</translation>
    </message>
    <message>
        <source>Click on a structure in a slice, or drag a box around it, or go on to the slice before or after this one (&lt;b&gt;← Slice&lt;/b&gt;, &lt;b&gt;Slice →&lt;/b&gt;) or &lt;b&gt;through the volume&lt;/b&gt; (&lt;b&gt;D&lt;/b&gt;).</source>
        <translation>Klicken Sie in einer Schicht auf eine Struktur, ziehen Sie einen Kasten um sie, oder gehen Sie zur Schicht davor oder danach (&lt;b&gt;← Schicht&lt;/b&gt;, &lt;b&gt;Schicht →&lt;/b&gt;) oder &lt;b&gt;durch das Volumen&lt;/b&gt; (&lt;b&gt;D&lt;/b&gt;).</translation>
    </message>
    <message>
        <source>Through the volume</source>
        <translation>Durch das Volumen</translation>
    </message>
    <message>
        <source>From the accepted masks on to all slices, in both directions (D)</source>
        <translation>Von den übernommenen Masken zu allen Schichten, in beide Richtungen (D)</translation>
    </message>
    <message>
        <source>Go through</source>
        <translation>Durchgehen</translation>
    </message>
    <message>
        <source>Write all slices into the segment, as one step of undo (Enter)</source>
        <translation>Alle Schichten ins Segment schreiben, als ein Schritt zum Rückgängigmachen (Enter)</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>Anwenden</translation>
    </message>
    <message>
        <source>Go to the slice where an answer helps most (N)</source>
        <translation>Zur Schicht gehen, auf der eine Antwort am meisten hilft (N)</translation>
    </message>
    <message>
        <source>Next doubtful</source>
        <translation>Nächste zweifelhafte</translation>
    </message>
    <message>
        <source>The structure is not on the slice in view (E)</source>
        <translation>Die Struktur ist auf der gezeigten Schicht nicht (E)</translation>
    </message>
    <message>
        <source>Ends here</source>
        <translation>Endet hier</translation>
    </message>
    <message>
        <source>Accept or apply, and add a segment for the next structure, named after this one (L)</source>
        <translation>Übernehmen oder anwenden, und ein Segment für die nächste Struktur hinzufügen, nach dieser benannt (L)</translation>
    </message>
    <message>
        <source>Next structure</source>
        <translation>Nächste Struktur</translation>
    </message>
    <message>
        <source>The viewer has refused this ({status}); open the address that it printed when it started, with its token.</source>
        <translation>Der Viewer hat das abgelehnt ({status}); öffnen Sie die Adresse, die er beim Start ausgegeben hat, mit ihrem Token.</translation>
    </message>
    <message>
        <source>{name} cannot be read; zip a folder with a DICOM series, and open the archive.</source>
        <translation>{name} lässt sich nicht lesen; packen Sie den Ordner mit der DICOM-Serie in ein .zip-Archiv, und öffnen Sie dieses.</translation>
    </message>
    <message>
        <source>&lt;b&gt;Esc&lt;/b&gt; stops it.</source>
        <translation>&lt;b&gt;Esc&lt;/b&gt; bricht es ab.</translation>
    </message>
    <message>
        <source>Surfaces of the segments</source>
        <translation>Oberflächen der Segmente</translation>
    </message>
    <message>
        <source>Ctrl</source>
        <translation>Strg</translation>
    </message>
    <message>
        <source>Axial</source>
        <translation>Axial</translation>
    </message>
    <message>
        <source>Sagittal</source>
        <translation>Sagittal</translation>
    </message>
    <message>
        <source>Coronal</source>
        <translation>Koronar</translation>
    </message>
    <message>
        <source>What was not saved is lost if it has ended. Start it again with spa viewer. This page comes back by itself once the viewer can be reached.</source>
        <translation>Was nicht gesichert war, ist verloren, wenn er beendet wurde. Starten Sie ihn wieder mit spa viewer. Diese Seite kommt von selbst zurück, sobald er erreichbar ist.</translation>
    </message>
    <message>
        <source>NRRD, NIfTI, MHA, a picture, or a zipped DICOM series</source>
        <translation>NRRD, NIfTI, MHA, ein Bild oder eine DICOM-Serie als ZIP-Archiv</translation>
    </message>
    <message>
        <source>The page is loading.</source>
        <translation>Die Seite wird geladen.</translation>
    </message>
    <message>
        <source>{name} slice position</source>
        <translation>{name}, Schichtposition</translation>
    </message>
</context>
<context>
    <name>viewer.page_view</name>
    <message>
        <source>recommended</source>
        <translation>empfohlen</translation>
    </message>
</context>
<context>
    <name>viewer.profiles</name>
    <message>
        <source>There is no such profile any more; pick one of the list.</source>
        <translation>Ein solches Profil gibt es nicht mehr; wählen Sie eines aus der Liste.</translation>
    </message>
    <message>
        <source>This is the only profile; reset it, or add another one first.</source>
        <translation>Dies ist das einzige Profil; setzen Sie es zurück, oder fügen Sie zuerst ein anderes hinzu.</translation>
    </message>
</context>
<context>
    <name>viewer.segment_colors</name>
    <message>
        <source>A colour is written as # and six hexadecimal digits.</source>
        <translation>Eine Farbe wird als # und sechs Hexadezimalziffern geschrieben.</translation>
    </message>
</context>
<context>
    <name>viewer.state</name>
    <message>
        <source>Something went wrong in the viewer; the terminal where it was started says more. Your segmentation is kept.</source>
        <translation>Im Viewer ist etwas schiefgegangen; das Terminal, in dem er gestartet wurde, sagt mehr. Ihre Segmentierung bleibt erhalten.</translation>
    </message>
    <message>
        <source>The viewer is still at work on something else; wait until it is done.</source>
        <translation>Der Viewer arbeitet noch an etwas anderem; warten Sie, bis das fertig ist.</translation>
    </message>
</context>
<context>
    <name>viewer.target</name>
    <message>
        <source>Open a volume first.</source>
        <translation>Öffnen Sie zuerst ein Volumen.</translation>
    </message>
</context>
<context>
    <name>viewer.transfer</name>
    <message>
        <source>The file is larger than {size} MiB; make it smaller, or give it to `spa viewer` directly.</source>
        <translation>Die Datei ist größer als {size} MiB; verkleinern Sie sie, oder geben Sie sie `spa viewer` direkt.</translation>
    </message>
    <message>
        <source>Reading the profile</source>
        <translation>Das Profil wird gelesen</translation>
    </message>
    <message>
        <source>The file did not arrive as a whole; send it again.</source>
        <translation>Die Datei kam nicht vollständig an; senden Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>The profile</source>
        <translation>Das Profil</translation>
    </message>
    <message>
        <source>Receiving {name}: {percent} %</source>
        <translation>{name} kommt an: {percent} %</translation>
    </message>
    <message>
        <source>Reading {name}</source>
        <translation>{name} wird gelesen</translation>
    </message>
    <message>
        <source>{name} was not opened.</source>
        <translation>{name} wurde nicht geöffnet.</translation>
    </message>
</context>
<context>
    <name>viewer.uploads</name>
    <message>
        <source>The archive is empty; zip the folder of a DICOM series.</source>
        <translation>Das Archiv ist leer; packen Sie den Ordner einer DICOM-Serie.</translation>
    </message>
    <message>
        <source>The archive holds several DICOM series; zip the folder of one of them.</source>
        <translation>Das Archiv enthält mehrere DICOM-Serien; packen Sie den Ordner einer davon.</translation>
    </message>
    <message>
        <source>The archive is damaged, encrypted or of a rare kind; zip the series again.</source>
        <translation>Das Archiv ist beschädigt, verschlüsselt oder von seltener Art; packen Sie die Serie noch einmal.</translation>
    </message>
    <message>
        <source>The archive holds {count} files; the page takes up to {limit}.</source>
        <translation>Das Archiv enthält {count} Dateien; die Seite nimmt bis zu {limit}.</translation>
    </message>
    <message>
        <source>The archive holds more than {size} GiB; take less.</source>
        <translation>Das Archiv enthält mehr als {size} GiB; nehmen Sie weniger.</translation>
    </message>
    <message>
        <source>The viewer ends; the archive was not read.</source>
        <translation>Der Viewer endet; das Archiv wurde nicht gelesen.</translation>
    </message>
    <message>
        <source>The page takes NRRD, NIfTI and MHA files, pictures (PNG, JPEG, BMP, TIFF), and a DICOM series as a .zip archive.</source>
        <translation>Die Seite nimmt Dateien im Format NRRD, NIfTI und MHA, Bilder (PNG, JPEG, BMP, TIFF), und eine DICOM-Serie als ZIP-Archiv.</translation>
    </message>
    <message>
        <source>The archive holds no DICOM images; open NIfTI, NRRD or MHA files and pictures themselves.</source>
        <translation>Das Archiv enthält keine DICOM-Bilder; öffnen Sie NIfTI-, NRRD- oder MHA-Dateien und Bilder selbst.</translation>
    </message>
</context>
<context>
    <name>viewer.views</name>
    <message>
        <source>There is no such view.</source>
        <translation>Eine solche Ansicht gibt es nicht.</translation>
    </message>
</context>
<context>
    <name>viewer.workspace</name>
    <message>
        <source>The darkest value must lie below the brightest one.</source>
        <translation>Der dunkelste Wert muss unter dem hellsten liegen.</translation>
    </message>
    <message>
        <source>Open a volume first.</source>
        <translation>Öffnen Sie zuerst ein Volumen.</translation>
    </message>
    <message>
        <source>This is the only segment; add another one before you delete it.</source>
        <translation>Dies ist das einzige Segment; fügen Sie ein anderes hinzu, bevor Sie es löschen.</translation>
    </message>
    <message>
        <source>Open a volume and segment something first.</source>
        <translation>Öffnen Sie zuerst ein Volumen, und segmentieren Sie etwas.</translation>
    </message>
    <message>
        <source>There is no such segment any more; pick one of the list.</source>
        <translation>Ein solches Segment gibt es nicht mehr; wählen Sie eines aus der Liste.</translation>
    </message>
    <message>
        <source>The name of a segment is a text of 1 to {longest} printable characters.</source>
        <translation>Der Name eines Segments ist ein Text aus 1 bis {longest} druckbaren Zeichen.</translation>
    </message>
    <message>
        <source>The write mode is one of {modes}.</source>
        <translation>Der Schreibmodus ist einer von {modes}.</translation>
    </message>
</context>
</TS>
