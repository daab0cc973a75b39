output "base_url" {
  description = "OPENAI_BASE_URL of the worker: this pipeline's space."
  value       = "http://${var.functions_are_inside ? aws_instance.this.private_ip : aws_eip.this.public_ip}:${local.port}/${var.name}/v1"
}

output "url" {
  description = "Where it is steered, from outside."
  value       = "http://${aws_eip.this.public_ip}:${local.port}"
}
