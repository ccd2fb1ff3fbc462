// Gossip: a cluster of one, for clients that discover. The address in it is the one that the client just used.
import { randomUUID } from 'node:crypto';
import gossip, { type ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { handleUnaryCall } from '@grpc/grpc-js';

export function readGossip(): handleUnaryCall<unknown, ClusterInfo> {
  const instanceId = new shared.UUID().setString(randomUUID());
  return (call, respond) => {
    const { hostname, port } = new URL(`http://${call.getHost()}`);
    const member = new gossip.MemberInfo()
      .setInstanceId(instanceId)
      .setTimeStamp(`${Date.now()}0000`)
      .setState(gossip.MemberInfo.VNodeState.LEADER)
      .setIsAlive(true)
      .setHttpEndPoint(new gossip.EndPoint().setAddress(hostname).setPort(Number(port)));
    respond(null, new gossip.ClusterInfo().setMembersList([member]));
  };
}
