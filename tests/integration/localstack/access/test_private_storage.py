"""Buckets are private by default, and not without the feature. What AWS answers is in the conformance checks."""

from sim.localstack.conformance.documented.requests import Http, bucket, signed
from sim.localstack.conformance.documented.s3.privacy import ANOTHER_ACCOUNT, CALLS, put_policy, statement
from sim.localstack.server import LocalStack


def test_without_the_feature_every_object_is_everyones_as_in_stock_localstack(stock: LocalStack) -> None:
    target = stock.target
    with bucket(target) as name:
        assert Http("GET", f"/{name}/one").send(target) == "content"
        assert signed(target, "s3", CALLS["GetObject"](name), by=ANOTHER_ACCOUNT).send(target) == "content"
        target.client("s3").put_bucket_acl(Bucket=name, ACL="public-read")
        put_policy(target, name, {**statement(name), "Effect": "Deny"})
        assert Http("GET", f"/{name}/one").send(target) == "content"
