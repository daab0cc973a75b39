variable "secret_name" {
  description = "Name of its secret."
  type        = string
}

variable "description" {
  description = "Description of the secret."
  type        = string
}

variable "length" {
  description = "Length of the generated password."
  type        = number
}

variable "password_version" {
  description = "An increase generates a new password."
  type        = number
}

variable "secret_recovery_days" {
  description = "How long a deleted secret can be restored; 0 deletes it at once."
  type        = number
  default     = 7
  nullable    = false
}

variable "tags" {
  description = "Tags of the secret."
  type        = map(string)
}

variable "generate" {
  description = "Whether Secrets Manager generates it."
  type        = bool
}

variable "given" {
  description = "The password, if it is not generated."
  type        = string
  sensitive   = true
  ephemeral   = true
}
