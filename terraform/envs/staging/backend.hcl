# What bootstrap's output `backend` says for this account.
bucket     = "candor-staging-state-111111111111"
key        = "platform.tfstate"
region     = "eu-central-1"
kms_key_id = "alias/candor-staging-state"
