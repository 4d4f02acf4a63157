import { createErrorFromCode, Decoder, Encoder, type Exchange } from './kafkajs.ts'
import type { Address } from './line.ts'

/**
 * Who leads what, and the topic's id. kafkajs asks in a version from before topics had ids, so this one question has an
 * encoding of its own (version 10).
 */
export interface Metadata {
  readonly brokers: ReadonlyMap<number, Address>
  readonly topic:
    | { readonly kind: 'there'; readonly id: string; readonly partitions: readonly PartitionState[] }
    | { readonly kind: 'missing' }
    | { readonly kind: 'failed'; readonly type: string }
}

export interface PartitionState {
  readonly partition: number
  /** Null while one is elected. */
  readonly leader: number | null
  readonly epoch: number
  readonly replicas: number
}

export const METADATA = { apiKey: 3, apiVersion: 10 } as const
const TOPIC_ID_BYTES = 16

export function metadataOf(topic: string): Exchange<Metadata> {
  return {
    request: {
      ...METADATA,
      apiName: 'Metadata',
      encode: async () =>
        new Encoder()
          .writeUVarIntBytes() // of the header
          .writeUVarIntArray([
            new Encoder().writeBuffer(Buffer.alloc(TOPIC_ID_BYTES)).writeUVarIntString(topic).writeUVarIntBytes(),
          ])
          .writeBoolean(false) // creates nothing
          .writeBoolean(false)
          .writeBoolean(false)
          .writeUVarIntBytes(),
    },
    response: { decode: async bytes => decode(new Decoder(bytes)), parse: async decoded => decoded },
  }
}

function decode(decoder: Decoder): Metadata {
  decoder.readTaggedFields()
  decoder.readInt32() // throttled for
  const brokers = decoder.readUVarIntArray(broker) ?? []
  decoder.readUVarIntString() // cluster
  decoder.readInt32() // controller
  const [topic] = decoder.readUVarIntArray(topicOf) ?? []
  return { brokers: new Map(brokers), topic: topic ?? { kind: 'missing' } }
}

function broker(decoder: Decoder): [number, Address] {
  const id = decoder.readInt32()
  const host = decoder.readUVarIntString() ?? ''
  const port = decoder.readInt32()
  decoder.readUVarIntString() // rack
  decoder.readTaggedFields()
  return [id, { host, port }]
}

function topicOf(decoder: Decoder): Metadata['topic'] {
  const code = decoder.readInt16()
  decoder.readUVarIntString() // name
  const id = decoder.readBytes(TOPIC_ID_BYTES)
  decoder.readBoolean() // internal
  const partitions = decoder.readUVarIntArray(partition) ?? []
  decoder.readInt32() // operations that are allowed
  decoder.readTaggedFields()
  if (code === 0) return { kind: 'there', id: id.toString('base64url'), partitions }
  const { type } = createErrorFromCode(code)
  return type === 'UNKNOWN_TOPIC_OR_PARTITION' ? { kind: 'missing' } : { kind: 'failed', type }
}

function partition(decoder: Decoder): PartitionState {
  decoder.readInt16() // no leader, or a replica that is down: the fields below say it
  const partition = decoder.readInt32()
  const leader = decoder.readInt32()
  const epoch = decoder.readInt32()
  const int32 = (d: Decoder): number => d.readInt32()
  const replicas = decoder.readUVarIntArray(int32) ?? []
  decoder.readUVarIntArray(int32) // in sync
  decoder.readUVarIntArray(int32) // offline
  decoder.readTaggedFields()
  return { partition, leader: leader < 0 ? null : leader, epoch, replicas: replicas.length }
}
