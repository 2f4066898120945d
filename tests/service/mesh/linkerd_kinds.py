"""The schemas against which manifests are validated, as CustomResourceDefinitions in a folder.

The Gateway API's come from its Go module, pinned in `gateway-api/go.mod`. Linkerd's come from the file that
`CANDOR_LINKERD_CRDS` names (`linkerd install --crds > FILE`); without it, from here: in our own words, and narrower
than Linkerd's, since they hold what our manifests use and nothing else.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

Schema = dict[str, Any]

GATEWAY_API = Path(__file__).with_name("gateway-api")
_ROUTES = ("grpcroutes", "httproutes")


def linkerd_crds() -> str:
    """Linkerd's CRDs as YAML."""
    given = os.environ.get("CANDOR_LINKERD_CRDS")
    return Path(given).read_text() if given else "\n---\n".join(json.dumps(each) for each in _OWN)


def gateway_crds() -> list[Path]:
    """The Gateway API's CRDs of routes; the test that asks is skipped where there is no Go."""
    if shutil.which("go") is None:
        pytest.skip("the Gateway API's schemas come from its Go module, and there is no Go")
    told = subprocess.run(["go", "mod", "download", "-json"], cwd=GATEWAY_API, check=True, capture_output=True).stdout
    crds = Path(json.loads(told)["Dir"]) / "config" / "crd" / "standard"
    return [crds / f"gateway.networking.k8s.io_{kind}.yaml" for kind in _ROUTES]


def _object(**fields: Schema) -> Schema:
    return {"type": "object", "required": sorted(fields), "properties": fields}


def _list(items: Schema) -> Schema:
    return {"type": "array", "minItems": 1, "items": items}


def _one_of(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 253}
_RATE = _object(requestsPerSecond={"type": "integer", "minimum": 1})
_POLICY_GROUP = _one_of("policy.linkerd.io")


def _identity() -> Schema:
    named = _object(kind=_one_of("ServiceAccount"), name=_NAME)
    named["properties"]["namespace"] = _NAME
    return named


def _crd(kind: str, plural: str, version: str, spec: Schema) -> Schema:
    served = {"name": version, "served": True, "storage": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.policy.linkerd.io"},
        "spec": {
            "group": "policy.linkerd.io",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
            "scope": "Namespaced",
            "versions": [{**served, "schema": {"openAPIV3Schema": _object(spec=spec)}}],
        },
    }


_OWN = (
    _crd(
        "Server",
        "servers",
        "v1beta3",
        _object(
            podSelector=_object(matchLabels={"type": "object", "additionalProperties": _NAME}),
            port={"type": "integer", "minimum": 1, "maximum": 65535},
            proxyProtocol=_one_of("HTTP/1", "HTTP/2", "opaque"),
            accessPolicy=_one_of("deny", "audit"),
        ),
    ),
    _crd(
        "AuthorizationPolicy",
        "authorizationpolicies",
        "v1alpha1",
        _object(
            targetRef=_object(
                group=_one_of("policy.linkerd.io", "gateway.networking.k8s.io"),
                kind=_one_of("Server", "HTTPRoute"),
                name=_NAME,
            ),
            requiredAuthenticationRefs=_list(
                _object(group=_POLICY_GROUP, kind=_one_of("MeshTLSAuthentication", "NetworkAuthentication"), name=_NAME)
            ),
        ),
    ),
    _crd("MeshTLSAuthentication", "meshtlsauthentications", "v1alpha1", _object(identityRefs=_list(_identity()))),
    _crd("NetworkAuthentication", "networkauthentications", "v1alpha1", _object(networks=_list(_object(cidr=_NAME)))),
    _crd(
        "HTTPLocalRateLimitPolicy",
        "httplocalratelimitpolicies",
        "v1alpha1",
        _object(
            targetRef=_object(group=_POLICY_GROUP, kind=_one_of("Server"), name=_NAME), total=_RATE, identity=_RATE
        ),
    ),
)
