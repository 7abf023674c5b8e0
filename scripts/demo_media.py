"""Make the pictures and sounds of the demo anew: `uv run python -m scripts.demo_media [FOLDER]`.

Pictures need Pillow and the DejaVu fonts; speech needs espeak-ng and oggenc, and is left as it is without them.
"""

import shutil
import sys
from pathlib import Path

from scripts import demo_ad_pictures, demo_figures_life, demo_figures_maths, demo_figures_physics, demo_sounds

MEDIA = Path(__file__).parent.parent / "src/lyceum/main/demo/media"
ADS = "ads"
"""The folder of the ads' pictures, beside that of the questions'."""


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for figures in (demo_figures_maths.FIGURES, demo_figures_physics.FIGURES, demo_figures_life.FIGURES):
        for name, draw in figures.items():
            draw().save(folder / f"{name}.png")
    ads = folder.parent / ADS
    ads.mkdir(exist_ok=True)
    for name, draw in demo_ad_pictures.PICTURES.items():
        draw().save(ads / f"{name}.png")
    demo_sounds.write_tones(folder)
    if shutil.which("espeak-ng") and shutil.which("oggenc"):
        demo_sounds.write_speech(folder)
    else:
        print("espeak-ng or oggenc is missing: the speech files are left as they are")
    files = sorted(path for path in folder.iterdir() if path.is_file())
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files) // 1024} KiB in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else MEDIA)
