# What bootstrap's output `backend` says for this account.
bucket     = "candor-production-state-222222222222"
key        = "platform.tfstate"
region     = "eu-central-1"
kms_key_id = "alias/candor-production-state"
