import Type from 'typebox'
/** Replaced by the driver's own schema when it lands. */
export const RegisterMap = Type.Unknown()
