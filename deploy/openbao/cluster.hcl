# One of three nodes with integrated storage. Give each its own node_id and addresses; TLS certificates must name the node.
ui           = false
cluster_addr  = "https://10.0.0.1:8201"
api_addr      = "https://10.0.0.1:8200"

storage "raft" {
  path    = "/var/lib/openbao"
  node_id = "node-1"

  # Heartbeats and elections as fast as the network between the nodes allows: a lost leader is replaced within 5 seconds.
  performance_multiplier = 1

  retry_join {
    leader_api_addr = "https://10.0.0.2:8200"
  }
  retry_join {
    leader_api_addr = "https://10.0.0.3:8200"
  }
}

listener "tcp" {
  address         = "10.0.0.1:8200"
  cluster_address = "10.0.0.1:8201"
  tls_cert_file   = "/etc/openbao/tls/server.crt"
  tls_key_file    = "/etc/openbao/tls/server.key"
  tls_min_version = "tls13"
}

# OpenBao takes audit devices from here and not by its API. Without one that works it answers nothing. The device is the
# cluster's: write the same on every node, or a node that differs never becomes the leader.
audit "file" "main" {
  options {
    file_path = "/var/log/openbao/audit.log"
    mode      = "0600"
  }
}
