terraform {
  required_version = ">= 1.5"
  backend "s3" {
    bucket = "state"
  }
}

# Where everything runs.
variable "region" {
  type    = string
  default = "eu-central-1"
}

locals {
  name = "shop-${var.region}"
  tags = { team = "web" }
}

provider "aws" {
  region = var.region
}

/* The web server. */
resource "aws_instance" "web" {
  ami           = data.aws_ami.debian.id
  instance_type = "t3.small"

  lifecycle {
    create_before_destroy = true
  }

  dynamic "ebs_block_device" {
    for_each = var.disks
    content {
      device_name = ebs_block_device.value
    }
  }
}

data "aws_ami" "debian" {
  most_recent = true
}

module "vpc" {
  source = "./vpc"
}

output "address" {
  value = aws_instance.web.public_ip
}
