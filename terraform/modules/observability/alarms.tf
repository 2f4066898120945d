# The alarms, each one line: what is measured, from where it is too much, for how long, and what that means.
# What is stored is measured every few minutes, so that its alarms look at an hour at once.

locals {
  database = { DBClusterIdentifier = var.database_id }
  records  = { DBClusterIdentifier = var.records_id }
  balancer = { LoadBalancer = var.load_balancer_suffix }

  # metric, statistic, threshold, whether below it is bad, minutes, meaning
  table = {
    "AWS/RDS" = {
      "database-acu"         = [local.database, "ACUUtilization", "Average", 95, false, 10, "Aurora is at its most capacity: raise max_acu or find the statement."]
      "database-cpu"         = [local.database, "CPUUtilization", "Average", 90, false, 15, "Aurora's processors are full."]
      "database-connections" = [local.database, "DatabaseConnections", "Maximum", var.database_connections, false, 5, "Aurora has nearly all the connections it takes."]
      "database-lag"         = [local.database, "AuroraReplicaLagMaximum", "Maximum", 2000, false, 10, "Readers are two seconds late."]
      "database-storage"     = [local.database, "VolumeBytesUsed", "Average", var.database_storage_gib * 1073741824, false, 60, "Aurora stores more than was planned for."]
      "database-deadlocks"   = [local.database, "Deadlocks", "Average", 0.1, false, 10, "Transactions wait for each other in a circle."]
    }
    "AWS/DocDB" = { for name, row in {
      "records-cpu"         = [local.records, "CPUUtilization", "Average", 90, false, 15, "DocumentDB's processors are full."]
      "records-memory"      = [local.records, "FreeableMemory", "Minimum", 268435456, true, 15, "DocumentDB has less than 256 MiB left."]
      "records-connections" = [local.records, "DatabaseConnections", "Maximum", 400, false, 5, "DocumentDB has nearly all the connections it takes."]
      "records-storage"     = [local.records, "VolumeBytesUsed", "Average", var.records_storage_gib * 1073741824, false, 60, "DocumentDB stores more than was planned for."]
    } : name => row if var.records_id != null }
    "AWS/ApplicationELB" = {
      "edge-5xx"      = [local.balancer, "HTTPCode_ELB_5XX_Count", "Sum", 10, false, 5, "The load balancer finds nobody to answer."]
      "platform-5xx"  = [local.balancer, "HTTPCode_Target_5XX_Count", "Sum", 50, false, 5, "The edge answers with errors."]
      "edge-refused"  = [local.balancer, "RejectedConnectionCount", "Sum", 0, false, 5, "The load balancer is full."]
      "edge-tls"      = [local.balancer, "ClientTLSNegotiationErrorCount", "Sum", 100, false, 15, "CloudFront and the load balancer do not agree on TLS."]
      "edge-failing"  = [merge(local.balancer, { TargetGroup = var.target_group_suffixes["http"] }), "UnHealthyHostCount", "Maximum", 0, false, 10, "A pod of the edge is not ready."]
      "edge-deserted" = [merge(local.balancer, { TargetGroup = var.target_group_suffixes["http"] }), "HealthyHostCount", "Minimum", 1, true, 2, "No pod of the edge is ready: the platform is down."]
    }
    "AWS/NATGateway" = merge([
      for zone, id in var.nat_gateway_ids : {
        "nat-ports-${zone}" = [{ NatGatewayId = id }, "ErrorPortAllocation", "Sum", 0, false, 5, "NAT has no port left for one more connection."]
        "nat-drops-${zone}" = [{ NatGatewayId = id }, "PacketsDropCount", "Sum", 100, false, 15, "NAT loses packets."]
      }
    ]...)
    "AWS/ElastiCache" = merge([
      for node, id in var.cache_node_ids : {
        "cache-evictions-${node}" = [{ CacheClusterId = id }, "Evictions", "Sum", 100, false, 15, "The cache forgets what was still wanted: it is too small."]
        "cache-cpu-${node}"       = [{ CacheClusterId = id }, "EngineCPUUtilization", "Average", 90, false, 10, "The cache's one thread is full."]
        "cache-memory-${node}"    = [{ CacheClusterId = id }, "DatabaseMemoryUsagePercentage", "Average", 90, false, 15, "The cache is nearly full."]
      }
    ]...)
  }

  alarms = merge([
    for namespace, rows in local.table : {
      for name, row in rows : name => {
        namespace  = namespace
        dimensions = row[0]
        metric     = row[1]
        statistic  = row[2]
        threshold  = row[3]
        below      = row[4]
        minutes    = row[5]
        meaning    = row[6]
      }
    }
  ]...)
}
