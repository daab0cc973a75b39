#!/bin/bash
# Runs once, at the first start of the machine. Its output is in /var/log/cloud-init-output.log.
set -euo pipefail

dnf install -y docker
systemctl enable --now docker

cat >/etc/rawk.env <<'ENV'
AWS_DEFAULT_REGION=${region}
%{ for name, value in environment ~}
${name}=${value}
%{ endfor ~}
ENV

# The registry may be unavailable at first, and the role may not be usable yet.
for attempt in 1 2 3 4 5 6; do
  aws ecr get-login-password --region ${region} |
    docker login --username AWS --password-stdin ${registry} &&
    docker pull --quiet ${image} && break
  sleep 10
done

docker run --detach --name rawk-api --restart always --publish 80:${port} --env-file /etc/rawk.env \
  --log-driver awslogs --log-opt awslogs-region=${region} --log-opt awslogs-group=${log_group} \
  --log-opt mode=non-blocking \
  ${image}
docker logout ${registry}
