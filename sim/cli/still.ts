/** What a worker says between the runs of one piece of work: it goes on. */
export const STILL = 'still'
