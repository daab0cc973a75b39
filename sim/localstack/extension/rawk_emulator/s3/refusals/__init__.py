"""What S3 refuses of a call's parameters, by subject. No part of LocalStack is needed but in `install`."""
