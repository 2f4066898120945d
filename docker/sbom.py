"""The bill of materials of an image, CycloneDX JSON: its Debian packages, Python distributions and npm packages.

Run in the image's build: `python sbom.py NAME OUT --debian FOLDER --python FOLDER [--npm package-lock.json]`. The same
image gives the same bytes: no time stands in it, and its serial number comes from its content.
"""

import argparse
import json
from collections.abc import Iterator
from email.parser import HeaderParser
from importlib.metadata import distributions
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

# The packages of Vite's build that its output holds are the ones of production; what only builds is left out.
_NOT_SHIPPED = ("dev", "devOptional", "link", "extraneous")


def debian_packages(status: Path) -> Iterator[Component]:
    """What dpkg would list, from one file for each package."""
    for file in sorted(status.iterdir()):
        fields = HeaderParser().parsestr(file.read_text())
        yield _component("deb", fields["Package"], fields["Version"], qualifiers={"arch": fields["Architecture"]})


def python_distributions(site: Path) -> Iterator[Component]:
    """What is installed in an environment."""
    for each in distributions(path=[str(site)]):
        fields = each.metadata
        name = fields["Name"].lower().replace("_", "-").replace(".", "-")
        yield _component("pypi", name, fields["Version"], fields["License-Expression"] or "")


def npm_packages(lock: Path) -> Iterator[Component]:
    """What a locked web app ships."""
    for path, facts in json.loads(lock.read_text())["packages"].items():
        if "node_modules/" in path and not any(facts.get(mark) for mark in _NOT_SHIPPED):
            group, _, name = path.rpartition("node_modules/")[2].rpartition("/")
            yield _component("npm", name, facts["version"], facts.get("license", ""), group=group)


def bill(name: str, version: str, components: list[Component]) -> str:
    """The document."""
    subject = Component(name=name, version=version, type=ComponentType.CONTAINER, bom_ref=name)
    identity = "\n".join([name, version, *sorted(str(each.purl) for each in components)])
    bom = Bom(components=components, serial_number=uuid5(NAMESPACE_URL, identity))
    bom.metadata = BomMetaData(component=subject)
    bom.register_dependency(subject, components)
    document = json.loads(make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string())
    # The library writes the time of the build, which is no part of the image.
    document["metadata"].pop("timestamp", None)
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def _component(
    kind: str, name: str, version: str, licence: str = "", *, group: str = "", qualifiers: dict[str, str] | None = None
) -> Component:
    namespace = "debian" if kind == "deb" else group or None
    purl = PackageURL(kind, namespace, name, version, qualifiers)
    licences = [LicenseFactory().make_from_string(licence)] if licence else []
    return Component(
        name=name, version=version, group=group or None, purl=purl, bom_ref=purl.to_string(), licenses=licences
    )


def main() -> None:
    """Writes the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("out", type=Path)
    parser.add_argument("--debian", type=Path, required=True)
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--npm", type=Path)
    options = parser.parse_args()
    components = [*debian_packages(options.debian), *python_distributions(options.python)]
    if options.npm:
        components += npm_packages(options.npm)
    own = next(each for each in components if each.name == "candor")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(bill(options.name, str(own.version), components))


if __name__ == "__main__":
    main()
