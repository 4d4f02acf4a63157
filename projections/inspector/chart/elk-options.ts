/**
 * What we ask of ELK. Each option was tried against its alternatives on random charts; never use:
 * `postCompaction` (throws on nested graphs), `STRETCH_WIDTH` (does not end), `wrapping` (leads wires through states),
 * `mergeEdges` (bends), interactive layering and cycle breaking (reshuffle, crash), model order on nested graphs (crashes).
 */
import type { LayoutOptions } from 'elkjs/lib/elk-api.js'
import type { Direction } from './scene.ts'

/** Nested graphs do not inherit: they go on every composite too. */
export function baseOptions(direction: Direction, seed: number): LayoutOptions {
  return {
    'elk.algorithm': 'layered',
    'elk.direction': direction,
    'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
    'elk.edgeRouting': 'ORTHOGONAL',
    'elk.json.shapeCoords': 'ROOT',
    'elk.json.edgeCoords': 'ROOT',
    'elk.layered.nodePlacement.strategy': 'BRANDES_KOEPF',
    'elk.layered.nodePlacement.bk.fixedAlignment': 'NONE',
    'elk.layered.crossingMinimization.semiInteractive': 'true',
    'elk.layered.mergeHierarchyEdges': 'false',
    'elk.layered.thoroughness': '20',
    'elk.randomSeed': String(seed),
    'elk.layered.edgeLabels.sideSelection': 'SMART_DOWN',
    'elk.spacing.nodeNode': '28',
    'elk.spacing.edgeNode': '16',
    'elk.spacing.edgeEdge': '12',
    'elk.spacing.edgeLabel': '4',
    'elk.spacing.labelLabel': '4',
    'elk.spacing.labelNode': '4',
    'elk.layered.spacing.nodeNodeBetweenLayers': '26',
    'elk.layered.spacing.edgeNodeBetweenLayers': '14',
    'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
  }
}
export const LABEL_OPTIONS: LayoutOptions = { 'elk.edgeLabels.inline': 'true', 'elk.edgeLabels.placement': 'CENTER' }
export const CANVAS_OPTIONS: LayoutOptions = { 'elk.padding': '[top=20,left=20,bottom=20,right=20]' }

/** Only a graph without included hierarchy packs its loose components. */
export function packOptions(nested: boolean, parallel: boolean): LayoutOptions {
  return {
    'elk.hierarchyHandling': nested ? 'INCLUDE_CHILDREN' : 'SEPARATE_CHILDREN',
    'elk.separateConnectedComponents': String(!parallel),
    'elk.aspectRatio': '1.6',
    'elk.spacing.componentComponent': '40',
  }
}
