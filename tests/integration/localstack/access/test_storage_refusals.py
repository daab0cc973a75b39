"""S3's refusals can be left out. What they are is in the conformance checks."""

from sim.localstack.conformance.documented.registry import expect_error
from sim.localstack.conformance.documented.requests import bucket
from sim.localstack.conformance.documented.s3.bounds import deleted, got, listing_with, put
from sim.localstack.conformance.documented.s3.documents import policy, rule, rules
from sim.localstack.server import LocalStack


def test_without_the_feature_s3_accepts_it_all_as_in_stock_localstack(stock: LocalStack) -> None:
    s3 = stock.target.client("s3")
    with bucket(stock.target) as name:
        put(Metadata={"a": "x" * 4096})(s3, name)
        put(Key="tagged", Tagging="&".join(f"key-{number}=value" for number in range(11)))(s3, name)
        policy(Action="sqs:SendMessage")(s3, name)
        policy(Action="s3:ReadObject")(s3, name)
        got(PartNumber=0)(s3, name)
        expect_error("InternalError", lambda: listing_with("max-keys=abc")(stock.target, name))
        rules(rule(Expiration={"Days": 0}))(s3, name)
        deleted(1001)(s3, name)
