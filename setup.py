"""What pyproject.toml cannot say: a wheel is built from what is in the source now."""

import shutil

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildAfresh(build_py):
    """setuptools never removes from `build/lib`: a module or preset that is gone would be installed again."""

    def run(self) -> None:
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


setup(cmdclass={"build_py": BuildAfresh})
