# find_machine finds the group that makes the machine anew, and sets remake to the
# command that asks it to.
find_machine() {
  local project zone instance group kind place name
  IFS=/ read -r _ _ project zone instance <<<"$provider"
  group=$(gcloud compute instances describe "$instance" --project="$project" --zone="$zone" --format='value(metadata.items.created-by)') ||
    fail "node/$node: its machine cannot be looked up"
  # projects/NUMBER/zones/ZONE/instanceGroupManagers/NAME, or regions/REGION
  IFS=/ read -r _ _ kind place _ name <<<"$group"
  case "$kind/$place/$name" in
    zones/?*/[a-z]* | regions/?*/[a-z]*)
      remake=(gcloud compute instance-groups managed recreate-instances "$name" "--instances=$instance" "--${kind%s}=$place" "--project=$project" --quiet)
      ;;
    *)
      if [ -z "$assume_repair" ]; then fail "node/$node: its machine belongs to no instance group, so that nothing would make it anew"; fi
      remake=(gcloud compute instances delete "$instance" "--zone=$zone" "--project=$project" --quiet)
      ;;
  esac
}
