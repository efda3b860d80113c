/** A logistic regression that learns one example after another (AdaGrad with a fading memory), for a handful of features near 0 to 3. */
export interface Logistic {
  weights: Float64Array
  squares: Float64Array
}

const learningRate = 0.15
const shrink = 1e-4
/** What is learned stays movable: the squares of old gradients fade. */
const memory = 0.999

/** @param start - the weights before there are examples */
export function createLogistic(start: readonly number[]): Logistic {
  return { weights: Float64Array.from(start), squares: new Float64Array(start.length).fill(1) }
}

/** The estimated probability, 0 to 1. */
export function estimate(model: Logistic, features: readonly number[]): number {
  let sum = 0
  for (let index = 0; index < features.length; index++)
    sum += (model.weights[index] ?? 0) * (features[index] ?? 0)
  return 1 / (1 + Math.exp(-sum))
}

/** Learns that these features came true (1) or did not (0). */
export function train(model: Logistic, features: readonly number[], label: 0 | 1): void {
  const error = estimate(model, features) - label
  for (let index = 0; index < features.length; index++) {
    const weight = model.weights[index] ?? 0
    const gradient = error * (features[index] ?? 0) + shrink * weight
    const squares = (model.squares[index] ?? 1) * memory + gradient * gradient
    model.squares[index] = squares
    model.weights[index] = weight - (learningRate * gradient) / Math.sqrt(squares)
  }
}
