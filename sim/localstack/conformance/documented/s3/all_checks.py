"""Every module of S3's checks."""

from sim.localstack.conformance.documented.registry import Checks
from sim.localstack.conformance.documented.s3 import deletions, documents, forms, links, privacy, ranges

MODULES: tuple[Checks, ...] = (
    links.S3,
    forms.FORMS,
    privacy.PRIVACY,
    deletions.DELETIONS,
    documents.DOCUMENTS,
    ranges.RANGES,
)
