# find_machine sets remake to your command.
find_machine() {
  remake=(env "STAGGER_NODE=$node" "STAGGER_UID=$uid" "STAGGER_PROVIDER_ID=$provider" STAGGER_INSTANCE_ID= sh -c "$line")
}
